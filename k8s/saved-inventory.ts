import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { fixedInventory, type FixedInventory } from './fixed-inventory.ts';
import { fluxKinds } from './kinds.ts';
import { parseFluxObject, type ParsedObject } from './parse-flux-object.ts';
import { noRemotes, type RemoteClusters } from './remote-clusters.ts';

/** A file of objects as `kubectl get -o yaml` or `-o json` prints them. */
export interface SavedFile {
  /** As it shall appear in messages. */
  readonly name: string;
  readonly text: string;
}

const Manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), items: z.array(z.unknown()).optional() });
type Manifest = z.infer<typeof Manifest>;

/**
 * Reads saved objects as those of one cluster: Lists, or single documents, in YAML or JSON. Objects that are none of Flux's are left out.
 * @throws HeadgateError INVENTORY_INVALID when a file is not what kubectl prints
 */
export function savedInventory(cluster: string, files: readonly SavedFile[], remotes: RemoteClusters = noRemotes): FixedInventory {
  const manifests = files.flatMap((file) => documentsOf(file).flatMap((document) => unroll(file.name, document)));
  const flux = manifests.filter(isFlux);
  const parsed = flux.map((manifest) => parseFluxObject(cluster, manifest.kind, manifest.apiVersion, manifest));
  const found = parsed.filter((one) => one !== undefined);
  const notes = [...othersNote(manifests), ...namelessNote(parsed.length - found.length), ...found.flatMap(oddityNote)];
  return fixedInventory(
    cluster,
    found.map(({ object }) => object),
    notes,
    remotes,
  );
}

/** JSON is YAML too, but its own parser is faster by far. */
function documentsOf({ name, text }: SavedFile): readonly unknown[] {
  const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  if (json !== undefined) return [json];
  const parsed = parseAllDocuments(text, { prettyErrors: false, logLevel: 'silent' });
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error) throw invalid(name, `it is neither YAML nor JSON: ${error.message}`);
    try {
      return document.toJS({ maxAliasCount: limits.config.yamlAliases }) as unknown;
    } catch (cause) {
      throw invalid(name, messageOf(cause), cause);
    }
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // `{` begins YAML as well, whose parser says what is wrong
  }
}

/** A document as the objects that it stands for: kubectl prints a List, the API a list of a kind whose items do not name it. */
function unroll(file: string, document: unknown): readonly Manifest[] {
  if (document === null || document === undefined) return []; // a stray `---`
  const list = Manifest.safeParse(document);
  if (!list.success) throw invalid(file, 'a document in it has no apiVersion and kind');
  const { apiVersion, kind, items } = list.data;
  if (items === undefined || !kind.endsWith('List')) return [list.data];
  const implied = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return items.map((item, index) => {
    const manifest = Manifest.safeParse(typeof item === 'object' ? { ...implied, ...item } : item);
    if (!manifest.success) throw invalid(file, `items[${index}] has no apiVersion and kind`);
    return manifest.data;
  });
}

/** Any version of the group: what is read is the same in all that Flux still serves. */
function isFlux({ apiVersion, kind }: Manifest): boolean {
  return fluxKinds.some((flux) => flux.kind === kind && apiVersion.split('/')[0] === flux.group);
}

function othersNote(manifests: readonly Manifest[]): readonly string[] {
  const others = manifests.filter((manifest) => !isFlux(manifest));
  const kinds = [...new Set(others.map(({ kind }) => kind))].sort();
  return others.length === 0 ? [] : [`left out because they are none of Flux's: ${others.length} (${kinds.slice(0, 8).join(', ')})`];
}

function namelessNote(count: number): readonly string[] {
  return count === 0 ? [] : [`left out because they have no name or no namespace: ${count}`];
}

function oddityNote({ object: { target }, oddities }: ParsedObject): readonly string[] {
  if (oddities.length === 0) return [];
  return [`${target.kind}/${target.name} in ${target.namespace} could be read in part only: ${oddities.join(', ')}`];
}

function invalid(file: string, message: string, cause?: unknown): HeadgateError {
  return new HeadgateError('INVENTORY_INVALID', `${file}: ${message}`, { cause });
}
