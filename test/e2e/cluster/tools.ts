import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { say } from './say.ts';

export type ToolName =
  | 'go'
  | 'git'
  | 'strace'
  | 'setpriv'
  | 'libfaketime'
  | 'mount'
  | 'wrk'
  | 'taskset'
  | 'gcc'
  | 'chromium'
  | 'sshd'
  | 'ssh'
  | 'gpg'
  | 'promtool'
  | 'git-review'
  | 'pygerrit2'
  | 'gerritlib'
  | 'hg'
  | 'hg-ssh'
  | 'pip'
  | 'docker-registry'
  | 'openssl'
  | 'redis-server'
  | 'postgres';

interface Tool {
  /** Says what is wrong, or undefined when it can be used. */
  readonly problem: () => string | undefined;
  /** The Debian package that brings it, null when Debian's is too old. */
  readonly debian: string | null;
  /** How to get it where there is no Debian package. */
  readonly get: string;
}

const needGo: readonly [number, number] = [1, 26];
/** From here on Go fetches the toolchain that go.mod asks for by itself, unless it is told not to. */
const goWithToolchains: readonly [number, number] = [1, 21];

const tools: Readonly<Record<ToolName, Tool>> = {
  go: { problem: goProblem, debian: null, get: 'install it from https://go.dev/dl' },
  git: { problem: gitProblem, debian: 'git', get: 'install git with its http-backend' },
  strace: {
    problem: straceProblem,
    debian: 'strace',
    get: 'install strace (Linux), and allow attaching (run as root, or kernel.yama.ptrace_scope=0)',
  },
  setpriv: { problem: () => commandProblem('setpriv', '--version'), debian: 'util-linux', get: 'install util-linux (Linux)' },
  mount: { problem: mountProblem, debian: null, get: 'run as root, or allow user namespaces (kernel.unprivileged_userns_clone=1)' },
  libfaketime: {
    problem: () => (faketimeLibrary() === undefined ? 'libfaketime.so.1 is not installed' : undefined),
    debian: 'libfaketime',
    get: 'install libfaketime',
  },
  sshd: {
    problem: () => (sshServer() === undefined ? 'sshd is not installed' : undefined),
    debian: 'openssh-server',
    get: 'install OpenSSH',
  },
  ssh: { problem: () => commandProblem('ssh', '-V'), debian: 'openssh-client', get: 'install OpenSSH' },
  gpg: { problem: () => commandProblem('gpg', '--version'), debian: 'gnupg', get: 'install GnuPG' },
  wrk: { problem: () => commandProblem('wrk', '-v'), debian: 'wrk', get: 'install wrk (https://github.com/wg/wrk)' },
  taskset: { problem: () => commandProblem('taskset', '--version'), debian: 'util-linux', get: 'install util-linux (Linux)' },
  chromium: {
    problem: () => (chromiumPath() === undefined ? 'chromium is not on PATH' : undefined),
    debian: 'chromium',
    get: 'install Chromium or Chrome',
  },
  promtool: {
    problem: () => commandProblem('promtool', '--version'),
    debian: 'prometheus',
    get: 'install Prometheus, which brings promtool',
  },
  'git-review': { problem: () => commandProblem('git-review', '--version'), debian: 'git-review', get: 'install git-review' },
  pygerrit2: { problem: () => moduleProblem('pygerrit2'), debian: 'python3-pygerrit2', get: 'install pygerrit2 for /usr/bin/python3' },
  gerritlib: { problem: () => moduleProblem('gerritlib'), debian: 'python3-gerritlib', get: 'install gerritlib for /usr/bin/python3' },
  hg: { problem: () => commandProblem('hg', '--version'), debian: 'mercurial', get: 'install Mercurial' },
  'hg-ssh': { problem: () => commandProblem('hg-ssh', '--version'), debian: 'mercurial', get: 'install hg-ssh of Mercurial' },
  pip: {
    problem: () => (pythonWithPip() === undefined ? 'no Python 3 with pip is on PATH' : undefined),
    debian: 'python3-pip',
    get: 'install pip for Python 3',
  },
  'docker-registry': {
    problem: () => commandProblem('docker-registry', '--version'),
    debian: 'docker-registry',
    get: "install docker-registry (the registry of Docker's distribution)",
  },
  postgres: {
    problem: () => (postgresPrograms() === undefined ? 'no initdb and postgres of Postgres 15 or newer' : undefined),
    debian: 'postgresql',
    get: 'install the server of Postgres 15 or newer',
  },
  openssl: { problem: () => commandProblem('openssl', 'version'), debian: 'openssl', get: 'install OpenSSL' },
  'redis-server': {
    problem: () => commandProblem('redis-server', '--version'),
    debian: 'redis-server',
    get: 'install Redis 7 (redis-server)',
  },
  gcc: { problem: () => commandProblem('gcc', '--version'), debian: null, get: 'install gcc and the C library headers' },
};

/**
 * Resolves when all of them can be used. On Debian, as root, it installs the missing packages and says so.
 * @throws an error with one line for each tool that is missing: what it is and how to get it
 */
export function requireTools(names: readonly ToolName[]): void {
  let missing = names.filter((name) => tools[name].problem() !== undefined);
  if (missing.length > 0 && canInstall()) missing = install(missing);
  if (missing.length === 0) return;
  const lines = missing.map((name) => `${name}: ${tools[name].problem()}. To go on, ${advice(tools[name])}.`);
  throw new Error(`this machine lacks what this needs:\n${lines.map((line) => `  ✗ ${line}`).join('\n')}`);
}

function advice(tool: Tool): string {
  return tool.debian === null ? tool.get : `${tool.get} (Debian: apt-get install ${tool.debian})`;
}

function install(missing: readonly ToolName[]): ToolName[] {
  const packages = [...new Set(missing.flatMap((name) => tools[name].debian ?? []))];
  if (packages.length > 0) {
    say(`► installing Debian packages: ${packages.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args: string[]): boolean => spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
    const get = (): boolean => apt('install', '-y', '-q', '--no-install-recommends', ...packages);
    if (!get() && apt('update', '-q')) get();
  }
  return missing.filter((name) => tools[name].problem() !== undefined);
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && commandProblem('apt-get', '--version') === undefined;
}

function commandProblem(command: string, versionFlag: string): string | undefined {
  return spawnSync(command, [versionFlag], { stdio: 'ignore' }).error === undefined ? undefined : `${command} is not on PATH`;
}

/** Modules belong to the system's own Python, where its packages go. */
function moduleProblem(name: string): string | undefined {
  const found = spawnSync('/usr/bin/python3', ['-c', `import ${name}`], { stdio: 'ignore' });
  return found.error === undefined && found.status === 0 ? undefined : `/usr/bin/python3 has no module ${name}`;
}

/** Path of a Python 3 that has pip, the system's own first; undefined when there is none. */
export function pythonWithPip(): string | undefined {
  const script = 'import pip, sys; print(sys.executable)';
  for (const python of ['/usr/bin/python3', 'python3']) {
    const asked = spawnSync(python, ['-c', script], { encoding: 'utf8' });
    if (asked.status === 0) return asked.stdout.trim();
  }
  return undefined;
}

/** The fault tests attach to processes that run already. See ptrace(2), "ptrace access mode checking". */
function straceProblem(): string | undefined {
  const yama = '/proc/sys/kernel/yama/ptrace_scope';
  const restricted = process.getuid?.() !== 0 && existsSync(yama) && readFileSync(yama, 'utf8').trim() !== '0';
  return commandProblem('strace', '-V') ?? (restricted ? 'strace may not attach to processes of this account' : undefined);
}

function goProblem(): string | undefined {
  const absent = commandProblem('go', 'version');
  if (absent !== undefined) return `${absent}, version ${needGo.join('.')} or newer is needed`;
  const [version = '', policy] = execFileSync('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], { encoding: 'utf8', cwd: '/' }).split('\n');
  const found = /^go(\d+)\.(\d+)/.exec(version);
  const has: readonly [number, number] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)];
  if (atLeast(has, needGo) || (atLeast(has, goWithToolchains) && policy !== 'local')) return undefined;
  return `${version} is older than ${needGo.join('.')}`;
}

function atLeast(has: readonly [number, number], need: readonly [number, number]): boolean {
  return has[0] > need[0] || (has[0] === need[0] && has[1] >= need[1]);
}

function gitProblem(): string | undefined {
  const absent = commandProblem('git', '--version');
  if (absent !== undefined) return absent;
  const directory = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
  return existsSync(join(directory, 'git-http-backend')) ? undefined : 'git has no http-backend';
}

function mountProblem(): string | undefined {
  return mountPrefix() === undefined ? 'a tmpfs can be mounted neither directly nor in a user namespace' : undefined;
}

/** The command to put before a shell that mounts a tmpfs; undefined where that is not possible. */
export function mountPrefix(): readonly string[] | undefined {
  return [
    ['unshare', '-m'],
    ['unshare', '-rm'],
  ].find(
    ([command = '', ...args]) => spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status === 0,
  );
}

/** Path of a Chromium, undefined when none is installed. */
export function chromiumPath(): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'));
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find((path) => existsSync(path));
}

/** Path of libfaketime.so.1, undefined when it is not installed. */
export function faketimeLibrary(): string | undefined {
  return globSync([
    '/usr/lib/*/faketime/libfaketime.so.1',
    '/usr/lib{,64}/faketime/libfaketime.so.1',
    '/usr/local/lib/faketime/libfaketime.so.1',
  ])[0];
}

/** Path of sshd, which starts only by a full path; undefined when it is not installed. */
export function sshServer(): string | undefined {
  return ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));
}

/** Directory of initdb and postgres, the newest version first; undefined when none is installed. Debian keeps them off PATH. */
export function postgresPrograms(): string | undefined {
  const versions = globSync('/usr/lib/postgresql/*/bin/initdb').toSorted((one, other) => versionIn(other) - versionIn(one));
  const newest = versions.find((path) => versionIn(path) >= 15);
  if (newest !== undefined) return dirname(newest);
  return (process.env['PATH'] ?? '').split(':').find((directory) => directory.startsWith('/') && existsSync(join(directory, 'initdb')));
}

function versionIn(path: string): number {
  return Number(/postgresql\/(\d+)\//.exec(path)?.[1] ?? 0);
}
