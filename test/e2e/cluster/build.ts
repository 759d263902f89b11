import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { duration, say } from './say.ts';
import { requireTools } from './tools.ts';

const moduleDirectory = join(import.meta.dirname, 'module');

const commands = [
  { name: 'etcd', from: 'go.etcd.io/etcd/server/v3', builtAs: 'server' },
  { name: 'kube-apiserver', from: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  { name: 'kubectl', from: 'k8s.io/kubernetes/cmd/kubectl' },
  { name: 'source-controller', from: 'github.com/fluxcd/source-controller' },
  { name: 'kustomize-controller', from: 'github.com/fluxcd/kustomize-controller' },
  { name: 'notification-controller', from: 'github.com/fluxcd/notification-controller' },
  { name: 'helm-controller', from: 'github.com/fluxcd/helm-controller' },
] as const;

const definitionsFrom = ['source', 'kustomize', 'notification', 'helm'] as const;

/** Where the built components lie. */
export interface Components {
  /** Directory with one executable per component. */
  readonly bin: string;
  /** Directory with the CustomResourceDefinitions, one YAML file each. */
  readonly crds: string;
}

/**
 * Builds etcd, kube-apiserver, kubectl and Flux's controllers from the Go module beside this file, once per version:
 * the result lies outside the repository, under `$XDG_CACHE_HOME/headgate/e2e/<hash of go.mod and go.sum>`.
 * Cold this takes minutes (7 on two cores), warm nothing.
 */
export async function buildComponents(): Promise<Components> {
  const place = cachePlace();
  const components: Components = { bin: join(place, 'bin'), crds: join(place, 'crds') };
  if (existsSync(join(place, 'complete'))) return components;
  requireTools(['go', 'git']);
  mkdirSync(dirname(place), { recursive: true });
  const workshop = mkdtempSync(`${place}.building-`);
  try {
    await build(workshop);
    putInPlace(workshop, place);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return components;
}

function cachePlace(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleDirectory, file)));
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'headgate', 'e2e', hash.digest('hex').slice(0, 16));
}

async function build(workshop: string): Promise<void> {
  const begun = Date.now();
  say(`► building ${commands.length} components with Go, once for these versions (some minutes when Go's own caches are cold)`);
  mkdirSync(join(workshop, 'bin'));
  mkdirSync(join(workshop, 'crds'));
  for (const [index, command] of commands.entries()) {
    const start = Date.now();
    await goBuild(command.from, join(workshop, 'bin'));
    if ('builtAs' in command) renameSync(join(workshop, 'bin', command.builtAs), join(workshop, 'bin', command.name));
    say(`✔ ${index + 1}/${commands.length} ${command.name} (${duration(Date.now() - start)})`);
  }
  for (const name of definitionsFrom) copyDefinitions(`github.com/fluxcd/${name}-controller`, join(workshop, 'crds'));
  writeFileSync(join(workshop, 'complete'), '');
  say(`✔ components built in ${duration(Date.now() - begun)}`);
}

function goBuild(from: string, into: string): Promise<void> {
  const version = /k8s\.io\/kubernetes v(\d+)\.(\d+)\.(\d+)/.exec(readFileSync(join(moduleDirectory, 'go.mod'), 'utf8'));
  if (version === null) throw new Error('go.mod names no version of k8s.io/kubernetes');
  const [, major, minor, patch] = version;
  const setting = 'k8s.io/component-base/version';
  const ldflags = `-s -w -X ${setting}.gitVersion=v${major}.${minor}.${patch} -X ${setting}.gitMajor=${major} -X ${setting}.gitMinor=${minor}`;
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', `${into}/`, from];
  const child = spawn('go', args, {
    cwd: moduleDirectory,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`go build ${from} ended with ${code ?? 'a signal'}`))));
  });
}

function copyDefinitions(module: string, into: string): void {
  const directory = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: moduleDirectory, encoding: 'utf8' }).trim();
  const bases = join(directory, 'config', 'crd', 'bases');
  for (const file of readdirSync(bases)) if (file.endsWith('.yaml')) copyFileSync(join(bases, file), join(into, file));
}

/** Another build may have been quicker: then this one is dropped. */
function putInPlace(workshop: string, place: string): void {
  try {
    renameSync(workshop, place);
  } catch (error) {
    if (!existsSync(join(place, 'complete'))) throw error;
  }
}
