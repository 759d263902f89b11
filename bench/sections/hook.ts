import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hookFile, makeHookHost, run, type HookHost } from '../../test/e2e/mercurial/hook-host.ts';
import { startHookReceiver } from '../../test/e2e/mercurial/hook-receiver.ts';
import { installMercurials, type Mercurial } from '../../test/e2e/mercurial/install.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';

const secret = 'the-secret-of-the-hg-host';

/** What the hook of Mercurial adds to a push. */
export async function measureHook(pace: Pace): Promise<Section> {
  const { system, newest } = await installMercurials();
  const rounds = pace.latencyRounds > 1 ? 25 : 7;
  const figures = [...(await compare(system, rounds)), ...(await compare(newest, rounds))];
  return { title: 'The hook of Mercurial', method, figures };
}

const method = [
  'a local `hg push` of one changeset, from the start of the process to its end, without a hook and with it in turn',
  'the hook compiled, as docs/how-to/mercurial-hook.md says; it delivers to a receiver on the same machine, by HTTP',
];

interface Samples {
  readonly without: number[];
  readonly withIt: number[];
}

async function compare(mercurial: Mercurial, rounds: number): Promise<readonly Figure[]> {
  const receiver = await startHookReceiver(secret);
  const directory = await mkdtemp(join(tmpdir(), 'headgate-bench-hook-'));
  const hosts: HookHost[] = [];
  try {
    const hook = await compiled(mercurial, directory);
    const pushes = async (hooks: readonly string[]): Promise<() => Promise<number>> => {
      const host = await makeHookHost(mercurial, { url: receiver.url, secret, hooks });
      hosts.push(host);
      return pushing(host, await host.repository('infra'));
    };
    const [without, withIt] = [await pushes([]), await pushes([`txnclose.headgate = python:${hook}:txnclose`])];
    const samples: Samples = { without: [], withIt: [] };
    for (let round = 0; round <= rounds; round++) {
      const [one, other] = [await without(), await withIt()];
      if (round === 0) continue; // everything is cold
      samples.without.push(one);
      samples.withIt.push(other);
    }
    if (receiver.taken.length !== rounds + 1) throw new Error(`${receiver.taken.length} of ${rounds + 1} pushes were told of`);
    return figuresOf(mercurial.version, samples);
  } finally {
    await receiver.close();
    await Promise.all([...hosts.map((host) => host.remove()), rm(directory, { recursive: true })]);
  }
}

function figuresOf(version: string, { without, withIt }: Samples): readonly Figure[] {
  const added = withIt.map((took, round) => took - (without[round] ?? took));
  return [
    { name: `hg ${version}, no hook`, unit: 'ms', samples: without },
    { name: `hg ${version}, with the hook`, unit: 'ms', samples: withIt },
    {
      name: `hg ${version}, the hook adds`,
      unit: 'ms',
      samples: added,
      goal: { atMost: 20 },
      note: 'push by push, each with the one before',
    },
  ];
}

/** A copy of the hook with what Python makes of it beside. */
async function compiled({ python }: Mercurial, directory: string): Promise<string> {
  const hook = join(directory, 'headgate_hook.py');
  await copyFile(hookFile, hook);
  const { code, said } = await run(
    python,
    ['-c', `import py_compile; py_compile.compile(${JSON.stringify(hook)}, doraise=True)`],
    directory,
    {},
  );
  if (code !== 0) throw new Error(said);
  return hook;
}

function pushing(host: HookHost, clone: string): () => Promise<number> {
  return async () => {
    await host.commit(clone, 'one more');
    return (await host.hg(clone, 'push', '--quiet')).took;
  };
}
