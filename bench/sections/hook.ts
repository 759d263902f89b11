import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { hookFile, makeHookHost, run, type HookHost } from '../../test/e2e/mercurial/hook-host.ts';
import { startHookReceiver } from '../../test/e2e/mercurial/hook-receiver.ts';
import { installMercurials, type Mercurial } from '../../test/e2e/mercurial/install.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';

const secret = 'the-secret-of-the-hg-host';

/** What the hook of Mercurial adds to a push. */
export async function measureHook(pace: Pace): Promise<Section> {
  const { system, newest } = await installMercurials();
  const rounds = pace.hgPushes;
  const figures = [...(await compare(system, rounds)), ...(pace.newestMercurial ? await compare(newest, rounds) : [])];
  return { title: 'The hook of Mercurial', method, figures };
}

const method = [
  'a local `hg push` of one changeset, from the start of the process to its end, in pairs: without a hook and with it, either first in turn',
  'what the hook adds is the median of the differences within the pairs',
  'the hook itself is timed inside hg, from its loading to its end: on a busy machine that says more than differences between whole pushes',
  'the hook compiled, as docs/how-to/mercurial-hook.md says; it delivers to a receiver on the same machine, by HTTP',
];

/** Milliseconds. */
interface Pair {
  readonly without: number;
  readonly withIt: number;
  /** In the hook, of all transactions of the push. */
  readonly inside: number;
}

async function compare(mercurial: Mercurial, rounds: number): Promise<readonly Figure[]> {
  const receiver = await startHookReceiver(secret);
  const directory = await mkdtemp(join(tmpdir(), 'headgate-bench-hook-'));
  const hosts: HookHost[] = [];
  try {
    const times = join(directory, 'times');
    const hook = await compiled(mercurial, directory);
    const pushes = async (hooks: readonly string[]): Promise<() => Promise<number>> => {
      const host = await makeHookHost(mercurial, { url: receiver.url, secret, hooks, env: { HEADGATE_HOOK_TIMES: times } });
      hosts.push(host);
      return pushing(host, await host.repository('infra'));
    };
    const [without, withIt] = [await pushes([]), await pushes([`txnclose.headgate = python:${hook}:txnclose`])];
    const pairs: Pair[] = [];
    for (let round = 0; round <= rounds; round++) {
      const pair = { ...(await inTurn(round, without, withIt)), inside: await takenOut(times) };
      if (round > 0) pairs.push(pair); // the first time everything is cold
    }
    if (receiver.taken.length !== rounds + 1) throw new Error(`${receiver.taken.length} of ${rounds + 1} pushes were told of`);
    return figuresOf(mercurial.version, pairs);
  } finally {
    await receiver.close();
    await Promise.all([...hosts.map((host) => host.remove()), rm(directory, { recursive: true })]);
  }
}

/** Whatever the first of two does to the second, it does to both as often. */
async function inTurn(round: number, without: () => Promise<number>, withIt: () => Promise<number>): Promise<Omit<Pair, 'inside'>> {
  if (round % 2 === 0) return { without: await without(), withIt: await withIt() };
  const first = await withIt();
  return { without: await without(), withIt: first };
}

/** The sum of what was written since the last time. */
async function takenOut(times: string): Promise<number> {
  const lines = (await readFile(times, 'utf8')).trim().split('\n');
  await rm(times);
  return lines.map(Number).reduce((sum, one) => sum + one, 0);
}

function figuresOf(version: string, pairs: readonly Pair[]): readonly Figure[] {
  const goal = { atMost: 20 };
  const added = pairs.map(({ without, withIt }) => withIt - without);
  return [
    { name: `hg ${version}, no hook`, unit: 'ms', samples: pairs.map(({ without }) => without) },
    { name: `hg ${version}, with the hook`, unit: 'ms', samples: pairs.map(({ withIt }) => withIt) },
    { name: `hg ${version}, the hook adds`, unit: 'ms', samples: added, goal },
    { name: `hg ${version}, the hook itself`, unit: 'ms', samples: pairs.map(({ inside }) => inside), goal },
  ];
}

/** The hook and what times it, each with what Python makes of it beside. @returns the latter, which runs the former */
async function compiled({ python }: Mercurial, directory: string): Promise<string> {
  const timed = join(import.meta.dirname, '..', 'timed_hook.py');
  for (const file of [hookFile, timed]) {
    const copy = join(directory, basename(file));
    await copyFile(file, copy);
    const { code, said } = await run(
      python,
      ['-c', `import py_compile; py_compile.compile(${JSON.stringify(copy)}, doraise=True)`],
      directory,
      {},
    );
    if (code !== 0) throw new Error(said);
  }
  return join(directory, basename(timed));
}

function pushing(host: HookHost, clone: string): () => Promise<number> {
  return async () => {
    await host.commit(clone, 'one more');
    return (await host.hg(clone, 'push', '--quiet')).took;
  };
}
