import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { duration, say } from '../cluster/say.ts';
import { pythonWithPip, requireTools } from '../cluster/tools.ts';

const run = promisify(execFile);

/** The newest that the tests are held to, and old ones, oldest first: the first that this Python runs is taken. */
const NEWEST = '7.2.4';
const OLD = ['4.7.2', '4.9.1', '5.2.2', '5.9.3', '6.1.4'] as const;

/** One Mercurial of this machine. */
export interface Mercurial {
  readonly version: string;
  /** Paths of its programs. */
  readonly hg: string;
  readonly hgSsh: string;
  /** A Python that has `import mercurial` of this version: a program in Python, its first argument the script. */
  readonly python: string;
}

export interface Mercurials {
  /** The system's own (Debian 12: 6.3). */
  readonly system: Mercurial;
  readonly newest: Mercurial;
  readonly old: Mercurial;
}

/**
 * The Mercurials that tests run on. The newest and an old one are installed by pip, once, below `$XDG_CACHE_HOME/headgate/e2e`; nothing
 * afterwards. Neither a virtual environment nor a C compiler is needed: where the C modules do not come with it, it runs in pure Python.
 */
export async function installMercurials(): Promise<Mercurials> {
  requireTools(['hg', 'hg-ssh']);
  const [newest, old] = [await install(NEWEST, true), await oldest()];
  return { system: { version: versionOf('hg'), hg: pathOf('hg'), hgSsh: pathOf('hg-ssh'), python: '/usr/bin/python3' }, newest, old };
}

async function oldest(): Promise<Mercurial> {
  const complaints: string[] = [];
  for (const version of OLD) {
    try {
      return await install(version, false);
    } catch (error) {
      complaints.push(`${version}: ${String(error).slice(0, 300)}`);
    }
  }
  throw new Error(`no old Mercurial runs on this Python:\n${complaints.join('\n')}`);
}

async function install(version: string, compiled: boolean): Promise<Mercurial> {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const place = join(cache, 'headgate', 'e2e', `mercurial-${version}`);
  const installed: Mercurial = { version, hg: join(place, 'hg'), hgSsh: join(place, 'hg-ssh'), python: join(place, 'python') };
  if (existsSync(join(place, 'complete'))) return installed;
  requireTools(['pip']);
  await mkdir(dirname(place), { recursive: true });
  const workshop = await mkdtemp(`${place}.building-`);
  try {
    await build(version, compiled, workshop);
    await rename(workshop, place).catch((error: unknown) => {
      if (!existsSync(join(place, 'complete'))) throw error; // another was quicker otherwise
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return installed;
}

async function build(version: string, compiled: boolean, workshop: string): Promise<void> {
  const begun = Date.now();
  say(`► installing Mercurial ${version} by pip, once`);
  const python = pythonWithPip();
  if (python === undefined) throw new Error('no Python with pip');
  await source(python, version, workshop);
  const hasC = compiled && (await compile(python, version, workshop));
  await writePrograms(python, workshop, hasC);
  await rm(join(workshop, 'download'), { recursive: true, force: true });
  await run(join(workshop, 'python'), ['-c', 'import mercurial.dispatch, mercurial.hgweb']);
  const found = versionOf(join(workshop, 'hg'));
  if (found !== version) throw new Error(`Mercurial ${version} was installed, ${found} answers`);
  await writeFile(join(workshop, 'complete'), '');
  say(`✔ Mercurial ${version} installed${hasC ? '' : ', in pure Python'} in ${duration(Date.now() - begun)}`);
}

/** Its source as published: hg runs out of it as it is, with modules in Python, and it has hg-ssh. */
async function source(python: string, version: string, workshop: string): Promise<void> {
  const download = join(workshop, 'download');
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', 'mercurial', '--dest', download, `mercurial==${version}`];
  await run(python, args, { env: { ...process.env, ...anyPython } });
  await mkdir(join(workshop, 'source'));
  await run('tar', ['-xzf', join(download, `mercurial-${version}.tar.gz`), '-C', join(workshop, 'source'), '--strip-components=1']);
}

/** The modules in C, from a wheel or, where there is none, by gcc; false when neither can be had. */
async function compile(python: string, version: string, workshop: string): Promise<boolean> {
  const target = join(workshop, 'compiled');
  try {
    await run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, `mercurial==${version}`]);
    return true;
  } catch (error) {
    say(`  Mercurial ${version} cannot be built with its C modules here, so it runs in pure Python: ${lastLine(error)}`);
    await rm(target, { recursive: true, force: true });
    return false;
  }
}

/** Before 5.2 it starts on Python 3 only when it is told to. */
const anyPython = { HGALLOWPYTHON3: '1', HGPYTHON3: '1' } as const;

async function writePrograms(python: string, workshop: string, hasC: boolean): Promise<void> {
  const modules = hasC ? 'compiled' : 'source';
  const lines = (main: string): string => `#!${python}
import os, runpy, sys
os.environ.setdefault('HGALLOWPYTHON3', '1')
${hasC ? '' : "os.environ.setdefault('HGMODULEPOLICY', 'py')\n"}here = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(here, '${modules}'))
${main}
`;
  const script = (path: string): string => lines(`runpy.run_path(os.path.join(here, '${path}'), run_name='__main__')`);
  const own = `if sys.argv[1] == '-c':
    exec(sys.argv[2])
else:
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name='__main__')`;
  const programs = { hg: script(hasC ? 'compiled/bin/hg' : 'source/hg'), 'hg-ssh': script('source/contrib/hg-ssh'), python: lines(own) };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(workshop, name), text);
    await chmod(join(workshop, name), 0o755);
  }
}

function versionOf(hg: string): string {
  const asked = spawnSync(hg, ['version', '--quiet'], { encoding: 'utf8', env: { ...process.env, HGRCPATH: '/dev/null', HGPLAIN: '1' } });
  const [, version] = /version (\d[\w.]*)/.exec(asked.stdout ?? '') ?? [];
  if (version === undefined) throw new Error(`${hg} does not run: ${asked.stderr}`);
  return version;
}

function pathOf(program: string): string {
  const found = spawnSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
  if (found === '') throw new Error(`${program} is not on PATH`);
  return found;
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
