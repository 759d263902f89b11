import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Mercurial } from './install.ts';

const hooks = join(import.meta.dirname, '..', '..', '..', 'hooks', 'hg');

/** Of hooks/hg, as they are. */
export const hookFile: string = join(hooks, 'headgate_hook.py');
export const shellHookFile: string = join(hooks, 'headgate-hook.sh');

export interface Ran {
  readonly code: number | null;
  /** Both outputs together. */
  readonly said: string;
  /** Milliseconds. */
  readonly took: number;
}

/** A machine where people push to, in a directory of its own: repositories, an hgrc with the hook, a secret and a spool. */
export interface HookHost {
  readonly directory: string;
  /** Of repositories. */
  readonly root: string;
  readonly spool: string;
  readonly hgrc: string;
  readonly secretFile: string;
  /** Environment of everything that runs there. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes a repository, and a clone of it whose default path it is. @returns the clone's directory */
  readonly repository: (name: string) => Promise<string>;
  /** Runs hg in a directory; rejects when it ends otherwise than with 0 or 1. */
  readonly hg: (cwd: string, ...args: readonly string[]) => Promise<Ran>;
  /** Commits a file in a clone: `file` with a text of its own, unless told. */
  readonly commit: (clone: string, message: string, path?: string, text?: string) => Promise<void>;
  /** Names of what is kept for later. */
  spooled(): Promise<readonly string[]>;
  /** `headgate_hook.py flush` */
  flush(): Promise<Ran>;
  remove(): Promise<void>;
}

export interface HookHostOptions {
  readonly url: string;
  readonly secret: string;
  /** Whether that is shown as a token rather than signed with. */
  readonly shows?: 'token';
  /** Lines of the section [hooks]; default: that of the Python form. */
  readonly hooks?: readonly string[];
  /** Further lines of the section [headgate]. */
  readonly settings?: readonly string[];
  /** Further sections. */
  readonly sections?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function makeHookHost(mercurial: Mercurial, options: HookHostOptions): Promise<HookHost> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-hg-hook-'));
  const [root, spool, hgrc, secretFile] = ['srv', 'spool', 'hgrc', 'secret'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
    string,
  ];
  await mkdir(root);
  await mkdir(spool, { mode: 0o700 });
  await writeFile(secretFile, `${options.secret}\n`, { mode: 0o600 });
  await writeFile(hgrc, linesOf({ root, spool, secretFile }, options).join('\n'));
  const env = { ...inherited(), PYTHONDONTWRITEBYTECODE: '1', HGRCPATH: hgrc, ...options.env };
  const hg: HookHost['hg'] = async (cwd, ...args) => {
    const ran = await run(mercurial.hg, args, cwd, env);
    if (ran.code !== 0 && ran.code !== 1) throw new Error(`hg ${args.join(' ')} ended with ${ran.code}: ${ran.said}`);
    return ran;
  };
  let commits = 0;
  return {
    directory,
    root,
    spool,
    hgrc,
    secretFile,
    env,
    async repository(name) {
      const clone = join(directory, 'clones', name);
      await mkdir(clone, { recursive: true });
      await hg(directory, 'init', join(root, name));
      await hg(directory, 'clone', '--quiet', join(root, name), clone);
      return clone;
    },
    hg,
    async commit(clone, message, path = 'file', text = `${++commits}\n`) {
      await mkdir(dirname(join(clone, path)), { recursive: true });
      await writeFile(join(clone, path), text);
      await hg(clone, 'commit', '--quiet', '--addremove', '--message', message);
    },
    async spooled() {
      return (await readdir(spool)).toSorted();
    },
    flush: () => run('python3', [hookFile, 'flush', '--config', hgrc], directory, env),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function linesOf(place: Pick<HookHost, 'root' | 'spool' | 'secretFile'>, options: HookHostOptions): readonly string[] {
  return [
    '[ui]',
    'username = Alice <alice@example.com>',
    '[phases]',
    'publish = True',
    ...(options.sections ?? []),
    '[hooks]',
    ...(options.hooks ?? [`txnclose.headgate = python:${hookFile}:txnclose`]),
    '[headgate]',
    `url = ${options.url}`,
    `${options.shows ?? 'secret'}-file = ${place.secretFile}`,
    'base = https://hg.example.com',
    `root = ${place.root}`,
    `spool = ${place.spool}`,
    ...(options.settings ?? []),
    '',
  ];
}

/** Without what would change how hg or Python work. */
function inherited(): Record<string, string> {
  const left = Object.entries(process.env).filter(([name]) => !/^(HG|PYTHON|SSH_|REMOTE_)/.test(name));
  return Object.fromEntries(left.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const begun = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said, took: performance.now() - begun };
}
