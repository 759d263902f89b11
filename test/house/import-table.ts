import { builtinModules } from 'node:module';

/** What each room may import beside itself and npm packages; types count. ARCHITECTURE.md shows the same table. */
export const importTable: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['core'],
  journal: ['core'],
  queue: ['core'],
  k8s: ['core'],
  sandbox: ['core'],
  policy: ['core', 'config'],
  identity: ['core', 'config'],
  'adapters/*': [
    'core',
    'config',
    'adapters/http-fetch.ts',
    'adapters/kill-group.ts',
    'adapters/ssh-command.ts',
    'adapters/tool-environment.ts',
  ],
  'adapters/adapter-deps.ts': ['core', 'config'],
  'adapters/http-fetch.ts': ['core'],
  'adapters/ssh-command.ts': ['core'],
  'adapters/kill-group.ts': [],
  'adapters/tool-environment.ts': [],
  'adapters/gerrit-source.ts': ['core', 'config', 'adapters/*', 'adapters/adapter-deps.ts'],
  'adapters/hg-source.ts': ['core', 'config', 'adapters/*', 'adapters/adapter-deps.ts'],
  'adapters/github-source.ts': ['core', 'config', 'adapters/*', 'adapters/adapter-deps.ts'],
  'adapters/registry.ts': [
    'core',
    'config',
    'adapters/*',
    'adapters/adapter-deps.ts',
    'adapters/gerrit-source.ts',
    'adapters/github-source.ts',
    'adapters/hg-source.ts',
  ],
  handlers: ['core', 'policy'],
  web: ['core'],
  server: ['core', 'config', 'web'],
  'server/main.ts': ['core', 'config', 'k8s', 'policy', 'identity', 'adapters/registry.ts', 'server'],
  'server/open-parts.ts': ['core', 'config', 'journal', 'queue', 'k8s', 'policy', 'identity', 'adapters/registry.ts', 'handlers', 'server'],
  'server/open-common.ts': ['core', 'policy', 'identity', 'handlers', 'server'],
  'server/open-journal.ts': ['core', 'config', 'journal'],
  'server/open-queue.ts': ['core', 'config', 'queue'],
  'server/open-listeners.ts': ['core', 'policy', 'server'],
  'server/open-flow.ts': ['core', 'policy', 'handlers', 'server'],
  'server/open-term.ts': ['core', 'journal', 'adapters/registry.ts', 'handlers', 'server'],
  'server/listen-apart.ts': ['core', 'config', 'adapters/registry.ts', 'handlers', 'server'],
  'server/open-answers.ts': ['core', 'adapters/*', 'handlers', 'server'],
  'server/watch-sources.ts': ['core', 'handlers', 'server'],
  'server/open-policies.ts': ['core', 'config', 'journal', 'policy', 'adapters/registry.ts', 'handlers', 'server'],
  'server/explain-offline.ts': ['core', 'config', 'k8s', 'policy', 'adapters/registry.ts', 'handlers', 'server'],
  'server/check-offline.ts': ['core', 'config', 'journal', 'queue', 'k8s', 'policy', 'identity', 'adapters/registry.ts', 'server'],
  'server/test-policies.ts': ['core', 'config', 'policy'],
  'server/audit-offline.ts': ['core', 'config', 'journal', 'server'],
  'server/back-up.ts': ['core', 'config', 'journal', 'server'],
  'server/move-journal.ts': ['core', 'config', 'journal'],
  'server/install-webhook.ts': ['core', 'config', 'adapters/*', 'adapters/gerrit-source.ts', 'adapters/registry.ts'],
  cli: [
    'core',
    'config',
    'server/main.ts',
    'server/explain-offline.ts',
    'server/check-offline.ts',
    'server/test-policies.ts',
    'server/audit-offline.ts',
    'server/back-up.ts',
    'server/move-journal.ts',
    'server/install-webhook.ts',
    'server/listen-apart.ts',
  ],
  'cli/sandbox.ts': ['core', 'config', 'server/main.ts', 'sandbox'],
};

/** Rooms that may import anything, and that nothing else may import. */
const freeRooms: readonly string[] = ['test', 'bench', 'docs'];

export interface ImportEdge {
  readonly line: number;
  /** As written, for example `#core/clock.ts`. */
  readonly specifier: string;
}

export interface PackageLists {
  readonly production: readonly string[];
  readonly development: readonly string[];
}

/** The row of the table that a file falls under: the file itself, its adapter, or its top folder. */
function roomOf(file: string): string {
  if (Object.hasOwn(importTable, file)) return file;
  const [top = '', second = '', ...rest] = file.split('/');
  return top === 'adapters' && rest.length > 0 ? `adapters/${second}` : top;
}

/**
 * Says what is wrong with one import, or undefined when it is in order.
 * @param file importing file, relative to the root, with `/`
 */
export function judgeImport(file: string, specifier: string, packages: PackageLists): string | undefined {
  const room = roomOf(file);
  if (freeRooms.includes(room)) return undefined;
  const row = importTable[rowOf(room)];
  if (row === undefined) return `${room} is not a room of the import table`;
  const wanted = resolveSpecifier(file, specifier);
  return wanted === undefined ? judgePackage(specifier, packages) : judgeFile(file, room, row, specifier, wanted);
}

function judgeFile(file: string, room: string, row: readonly string[], specifier: string, wanted: string): string | undefined {
  const other = roomOf(wanted);
  if (specifier.startsWith('.') && topOf(file) !== topOf(wanted)) return `leaves its room by a relative path; write #${wanted}`;
  if (!/\.(ts|json)$/.test(wanted)) return 'names no file: imports end in .ts';
  if (room === other || row.includes(rowOf(other)) || isOwnRoom(room, other)) return undefined;
  return `${room} may not import ${other}`;
}

/** Composition roots: what they bring together is not for the rest of their folder. */
const roots: readonly string[] = [
  'server/main.ts',
  'server/explain-offline.ts',
  'server/check-offline.ts',
  'server/test-policies.ts',
  'server/audit-offline.ts',
  'server/back-up.ts',
  'server/move-journal.ts',
  'server/install-webhook.ts',
];

/** An entry file such as cli/sandbox.ts is still part of its folder, but only the entry may be imported by name where the table says so. */
function isOwnRoom(room: string, other: string): boolean {
  if (room.startsWith('adapters/') || other.startsWith('adapters/')) return false;
  if (roots.includes(other)) return false;
  return topOf(room) === topOf(other);
}

function judgePackage(specifier: string, packages: PackageLists): string | undefined {
  if (specifier.startsWith('node:')) return undefined;
  if (builtinModules.includes(specifier)) return `write node:${specifier}`;
  const name = packageOf(specifier);
  if (packages.production.includes(name)) return undefined;
  if (packages.development.includes(name)) return `${name} is a development dependency`;
  return `${name} is not in package.json`;
}

/** Path of a file of ours, relative to the root; undefined for a package. */
function resolveSpecifier(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return undefined;
  const parts = file.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function rowOf(room: string): string {
  return room.startsWith('adapters/') && !Object.hasOwn(importTable, room) ? 'adapters/*' : room;
}

function topOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
