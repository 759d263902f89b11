import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseAllDocuments, parseDocument, stringify } from 'yaml';
import { fluxKinds } from '#k8s/kinds.ts';
import type { Call } from './program-server.ts';
import type { Stage } from './stage.ts';

const flags = ['-A', '--overwrite', '--minify', '--flatten', '--raw', '--current'];

/** A kind that the simulated cluster does not serve. */
const RECEIVERS = 'receivers';

/** Plays kubectl on the simulated cluster, as far as pages use it. */
export async function kubectl(stage: Stage, call: Call): Promise<number> {
  const { cluster } = stage;
  const { words, options } = wordsAndOptions(call.args, ['-n', '-f', '-o', '--duration', '--kubeconfig', '--token', '--user']);
  const [verb = '', kind = '', name = '', ...rest] = words;
  const namespace = options.get('-n') ?? 'default';
  const say = (text: string): void => void call.stdout.write(`${text}\n`);
  switch (verb) {
    case 'apply':
      for (const object of await manifests(call, options.get('-f'))) {
        say(apply(stage, object));
        await seen(stage, object);
      }
      return 0;
    case 'get':
      say(get(stage, kind, options));
      return 0;
    case 'annotate':
      cluster.patch(kindOf(kind), namespace, name, { metadata: { annotations: annotations(rest) } });
      say(`${kind} annotated`);
      return 0;
    case 'delete':
      remove(stage, kind, namespace, name);
      say(`${kind} "${name}" deleted`);
      return 0;
    case 'create':
      say(create(stage, kind, name));
      return 0;
    case 'config':
      return configure(cluster, call, kind, name, options);
  }
  throw new Error(`no kubectl ${call.args.join(' ')}`);
}

function remove({ cluster, others }: Stage, kind: string, namespace: string, name: string): void {
  if (kind !== 'receiver') cluster.remove(kindOf(kind), namespace, name);
  else if (!others.delete(`${RECEIVERS}/${name}`)) throw new Error(`no receiver ${name}`);
}

function create(stage: Stage, kind: string, name: string): string {
  if (kind === 'token') return stage.cluster.token;
  if (kind !== 'namespace') throw new Error(`no kubectl create ${kind}`);
  return apply(stage, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** `kubectl config`: what makes a kubeconfig for another account. */
async function configure(
  cluster: Stage['cluster'],
  { cwd, stdout }: Call,
  verb: string,
  name: string,
  options: ReadonlyMap<string, string>,
): Promise<number> {
  if (verb === 'view') {
    stdout.write(cluster.kubeconfig());
    return 0;
  }
  const file = resolve(cwd, options.get('--kubeconfig') ?? '');
  const kubeconfig = parseDocument(await readFile(file, 'utf8'));
  if (verb === 'set-credentials') kubeconfig.addIn(['users'], kubeconfig.createNode({ name, user: { token: options.get('--token') } }));
  else if (verb === 'set-context' && options.has('--current')) kubeconfig.setIn(['contexts', 0, 'context', 'user'], options.get('--user'));
  else throw new Error(`no kubectl config ${verb}`);
  await writeFile(file, kubeconfig.toString());
  return 0;
}

/** Plays flux: its installation, which the simulated cluster has, and suspending and resuming Git sources. */
export function flux({ cluster }: Stage, { args, stdout }: Call): Promise<number> {
  const { words, options } = wordsAndOptions(args, ['-n']);
  const [verb = '', ...rest] = words;
  const [source, git, name = ''] = rest;
  if (verb === 'install' && rest.length === 0) {
    stdout.write('✔ install finished\n');
    return Promise.resolve(0);
  }
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
    else if (flags.includes(word)) options.set(word, '');
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
function apply({ cluster, others }: Stage, object: Manifest): string {
  const { apiVersion, kind, metadata } = object;
  if (!apiVersion || !kind || !metadata.name) throw new Error(`not an object: ${JSON.stringify(object)}`);
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  if (/^(source|kustomize|helm)\.toolkit\.fluxcd\.io$/.test(group)) cluster.apply(object);
  else others.set(`${kind.toLowerCase()}s/${metadata.name}`, object);
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${metadata.name} created`;
}

/** A reader is slower than the watches of the server: waits until it knows of a source object. */
async function seen(stage: Stage, { kind, metadata }: Manifest): Promise<void> {
  const { server } = stage;
  if (server === undefined || kind !== 'GitRepository') return;
  const headers = { authorization: `Bearer ${await stage.token()}` };
  for (;;) {
    const targets = await (await fetch(`${server.web.url}/v1/targets?limit=500`, { headers })).text();
    if (targets.includes(`"${metadata.name}"`)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function get({ cluster, others }: Stage, kinds: string, options: ReadonlyMap<string, string>): string {
  const namespace = options.has('-A') ? undefined : (options.get('-n') ?? 'default');
  const served = kinds.split(',').filter((kind) => kind !== RECEIVERS);
  const receivers = served.length === 0 ? [...others].flatMap(([key, object]) => (key.startsWith(`${RECEIVERS}/`) ? [object] : [])) : [];
  const items = [...served.flatMap((kind) => cluster.list(kindOf(kind), namespace)), ...receivers];
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
