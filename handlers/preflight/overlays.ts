import { posix } from 'node:path';
import { parse } from 'yaml';
import type { PreflightFile, PreflightFinding } from '#core/preflight.ts';

/** How files become objects: directories that kustomize builds, and the files that are taken as they are. */
export interface Overlays {
  /** Directories with a kustomization that no other one refers to; empty text for the root. */
  readonly roots: readonly string[];
  /** Files of no directory with a kustomization, nor below one. */
  readonly plain: readonly PreflightFile[];
  /** Files that kustomizations name as resources: what is looked at where nothing can build them. Patches are no objects, and are not among them. */
  readonly resources: readonly PreflightFile[];
  /** Bases that would be fetched from elsewhere. */
  readonly findings: readonly PreflightFinding[];
}

/** The names that kustomize looks for (api/konfig/general.go, RecognizedKustomizationFileNames). */
const names: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Fields whose entries are files, directories or addresses. */
const referring: readonly string[] = [
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'generators',
  'transformers',
  'validators',
];

/** Finds out what is built and what is not. Pure. */
export function overlaysIn(files: readonly PreflightFile[]): Overlays {
  const kustomizations = files.filter(({ path }) => names.includes(posix.basename(path)));
  const entries = kustomizations.map(({ path, text }) => ({ path, directory: directoryOf(path), entries: entriesOf(text) }));
  const remote = kustomizations.flatMap(({ path, text }) => remotesIn(text).map((entry) => ({ path, entry })));
  const referred = new Set(
    entries.flatMap(({ directory, entries: all }) => all.filter((entry) => !isRemote(entry)).map((entry) => joined(directory, entry))),
  );
  const directories = entries.map(({ directory }) => directory);
  return {
    roots: directories.filter((directory) => !referred.has(directory)),
    plain: files.filter(({ path }) => !referred.has(path) && !directories.some((directory) => isUnder(path, directory))),
    resources: files.filter(({ path }) => referred.has(path)),
    findings: remote.map(({ path, entry }) => remoteBase(path, entry)),
  };
}

function entriesOf(text: string): readonly string[] {
  const fields = fieldsOf(text);
  return referring.flatMap((field) => (Array.isArray(fields[field]) ? fields[field].filter((entry) => typeof entry === 'string') : []));
}

/** None where it cannot be read: kustomize says what is wrong with it, in its own words. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Addresses in whichever field: kustomize fetches files by HTTP wherever it loads one (api/internal/loader/fileloader.go). */
function remotesIn(text: string): readonly string[] {
  const entries = entriesOf(text).filter(isRemote);
  return [...new Set([...entries, ...textsIn(fieldsOf(text)).filter((value) => /(?:^|=)\s*[a-z][a-z0-9+.-]*:\/\//i.test(value))])];
}

/** Fields whose texts are values, and are never loaded from anywhere. */
const values: readonly string[] = [
  'literals',
  'patch',
  'commonAnnotations',
  'commonLabels',
  'labels',
  'annotations',
  'buildMetadata',
  'metadata',
];

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.includes('\n') ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]: [string, unknown]) => (values.includes(key) ? [] : textsIn(below)));
}

/** Whatever kustomize would clone or fetch (api/internal/git/repospec.go): schemes, `host:path`, known hosts, and `?ref=`. */
function isRemote(entry: string): boolean {
  return /:\/\/|^[^/]*:|\?|^(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|io|net|dev|cloud)\//i.test(entry);
}

function remoteBase(path: string, entry: string): PreflightFinding {
  const message = `${entry.slice(0, 200)} would be fetched from elsewhere: what is deployed would not be what was pushed`;
  return { code: 'remote-base', severity: 'error', path, line: null, message };
}

function directoryOf(path: string): string {
  const directory = posix.dirname(path);
  return directory === '.' ? '' : directory;
}

function joined(directory: string, entry: string): string {
  const path = posix.normalize(posix.join(directory, entry)).replace(/\/$/, '');
  return path === '.' ? '' : path;
}

function isUnder(path: string, directory: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
}
