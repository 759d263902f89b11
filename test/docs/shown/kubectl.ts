import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { fluxKinds } from '#k8s/kinds.ts';
import type { Call } from './program-server.ts';
import type { Stage } from './stage.ts';

/** Plays kubectl on the simulated cluster, as far as pages use it. */
export async function kubectl({ cluster }: Stage, call: Call): Promise<number> {
  const { words, options } = wordsAndOptions(call.args, ['-n', '-f', '-o', '--duration']);
  const [verb = '', kind = '', name = '', ...rest] = words;
  const namespace = options.get('-n') ?? 'default';
  const say = (text: string): void => void call.stdout.write(`${text}\n`);
  switch (verb) {
    case 'apply':
      for (const object of await manifests(call, options.get('-f'))) say(apply(cluster, object));
      return 0;
    case 'get':
      say(get(cluster, kind, options));
      return 0;
    case 'annotate':
      cluster.patch(kindOf(kind), namespace, name, { metadata: { annotations: annotations(rest) } });
      say(`${kind} annotated`);
      return 0;
    case 'delete':
      cluster.remove(kindOf(kind), namespace, name);
      say(`${kind} "${name}" deleted`);
      return 0;
    case 'create':
      if (kind !== 'token') break;
      say('eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl');
      return 0;
  }
  throw new Error(`no kubectl ${call.args.join(' ')}`);
}

/** Plays flux: suspending and resuming Git sources. */
export function flux({ cluster }: Stage, { args, stdout }: Call): Promise<number> {
  const { words, options } = wordsAndOptions(args, ['-n']);
  const [verb = '', ...rest] = words;
  const [source, git, name = ''] = rest;
  if ((verb !== 'suspend' && verb !== 'resume') || source !== 'source' || git !== 'git') throw new Error(`no flux ${args.join(' ')}`);
  cluster.patch('GitRepository', options.get('-n') ?? 'flux-system', name, { spec: { suspend: verb === 'suspend' } });
  stdout.write(`✔ source git ${verb === 'suspend' ? 'suspended' : 'resumed'}\n`);
  return Promise.resolve(0);
}

function wordsAndOptions(args: readonly string[], valued: readonly string[]) {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (let index = 0; index < args.length; index += 1) {
    const [word = '', value] = (args[index] ?? '').split(/=(?=.)(?<=^--?[\w-]+=)/);
    if (!word.startsWith('-')) words.push(args[index] ?? '');
    else if (valued.includes(word)) options.set(word, value ?? args[(index += 1)] ?? '');
    else if (word === '-A' || word === '--overwrite') options.set(word, '');
    else throw new Error(`no option ${word}`);
  }
  return { words, options };
}

async function manifests({ cwd }: Call, file: string | undefined): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await readFile(resolve(cwd, file ?? ''), 'utf8'));
  return documents.map((document) => document.toJS() as Manifest).filter((object) => object !== null);
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** Objects of kinds that the simulated cluster does not know (RBAC, admission) only need to be whole. */
function apply(cluster: Stage['cluster'], object: Manifest): string {
  const { apiVersion, kind, metadata } = object;
  if (!apiVersion || !kind || !metadata.name) throw new Error(`not an object: ${JSON.stringify(object)}`);
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  if (/^(source|kustomize|helm)\.toolkit\.fluxcd\.io$/.test(group)) cluster.apply(object);
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${metadata.name} created`;
}

function get(cluster: Stage['cluster'], kinds: string, options: ReadonlyMap<string, string>): string {
  const namespace = options.has('-A') ? undefined : (options.get('-n') ?? 'default');
  const items = kinds.split(',').flatMap((kind) => cluster.list(kindOf(kind), namespace));
  if (options.get('-o') === 'yaml') return stringify({ apiVersion: 'v1', kind: 'List', items }, { aliasDuplicateObjects: false }).trimEnd();
  return ['NAME', ...items.map(({ metadata }) => metadata.name)].join('\n');
}

function kindOf(plural: string): string {
  const found = fluxKinds.find(({ plural: each, kind }) => each === plural || kind.toLowerCase() === plural);
  if (found === undefined) throw new Error(`no kind ${plural}`);
  return found.kind;
}

function annotations(words: readonly string[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    words.map((word) =>
      word.endsWith('-') ? [word.slice(0, -1), null] : [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)],
    ),
  );
}
