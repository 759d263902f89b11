import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HgBackEnd } from '#adapters/hg/back-end.ts';
import { openCloning } from '../../test/e2e/mercurial/cloning.ts';
import { startHgServe } from '../../test/e2e/mercurial/hgweb.ts';
import { installMercurials } from '../../test/e2e/mercurial/install.ts';
import { createLargeHgRepository } from '../../test/e2e/mercurial/repository.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';
import { median } from '../statistics.ts';

const run = promisify(execFile);
const NAME = 'large';
const PATH = 'apps/hundred';

/** Questions about a repository of 5,100 files, by the command server on a clone; hg itself, one process for each question, is the anchor. */
export async function measureReadingMercurial(pace: Pace): Promise<Section> {
  const { system } = await installMercurials();
  const host = await startHgServe(system);
  const cloning = await openCloning(system, host.url);
  try {
    const repository = await createLargeHgRepository(host.account, join(host.root, NAME));
    const [base, head] = [await repository.node('20'), await repository.node('tip')];
    await cloning.backEnd.names(NAME);
    const rounds = pace.questions;
    const anchored = await anchors(repository.path, host.account.environment, system.hg, base, head, rounds);
    const asked = await questions(cloning.backEnd, base, head, rounds);
    const figures = [
      ...compare('changeset', anchored, asked),
      ...compare('range', anchored, asked),
      ...compare('archive', anchored, asked),
    ];
    return {
      title: 'Read Mercurial back, 5,100 files and 201 changesets',
      method: [
        `${rounds} rounds, one question at a time; hg ${system.version} on the repository itself against the command server on its clone`,
        'a range is of 180 changesets with the paths that differ; an archive is of a directory of 100 files',
      ],
      figures: [
        ...figures,
        { name: 'names, with a pull from hg serve on loopback', unit: 'ms', samples: asked.names },
        { name: 'memory of the command servers', unit: 'MB', samples: [await memory(await cloning.servers())] },
      ],
    };
  } finally {
    await cloning.close();
    await host.close();
  }
}

type Kind = 'changeset' | 'range' | 'archive';
type Samples = Readonly<Record<Kind, readonly number[]>>;

function compare(kind: Kind, anchor: Samples, asked: Samples): readonly Figure[] {
  const ratio = median(anchor[kind]) / median(asked[kind]);
  return [
    { name: `${kind}: a process of hg`, unit: 'ms', samples: anchor[kind] },
    { name: `${kind}: the command server`, unit: 'ms', samples: asked[kind] },
    { name: `${kind}: how many times faster`, unit: '×', samples: [ratio], goal: { atLeast: 2 } },
  ];
}

async function anchors(
  cwd: string,
  env: Readonly<Record<string, string>>,
  hg: string,
  base: string,
  head: string,
  rounds: number,
): Promise<Samples> {
  const process =
    (...args: readonly string[]) =>
    () =>
      run(hg, [...args], { cwd, env, encoding: 'buffer', maxBuffer: 2 ** 28 });
  const log = process('log', `--rev=only(${head}, ${base})`, '--template={node}\n');
  const status = process('status', `--rev=${base}`, `--rev=${head}`, '--no-status');
  return {
    changeset: await timed(rounds, process('log', `--rev=${head}`, '--template={node} {branch} {phase}')),
    range: await timed(rounds, async () => [await log(), await status()]),
    archive: await timed(rounds, process('archive', `--rev=${head}`, '--type=tar', '--prefix=.', `--include=path:${PATH}`, '-')),
  };
}

async function questions(
  backEnd: HgBackEnd,
  base: string,
  head: string,
  rounds: number,
): Promise<Samples & { readonly names: readonly number[] }> {
  return {
    changeset: await timed(rounds, () => backEnd.changeset(NAME, head)),
    range: await timed(rounds, () => backEnd.range(NAME, base, head)),
    archive: await timed(rounds, () => drained(backEnd, head)),
    names: await timed(rounds, () => backEnd.names(NAME)),
  };
}

async function drained(backEnd: HgBackEnd, head: string): Promise<void> {
  let bytes = 0;
  for await (const chunk of (await backEnd.archive(NAME, head, PATH)).tar) bytes += chunk.byteLength;
  if (bytes < 100 * 512) throw new Error('the archive does not hold a hundred files');
}

/** Milliseconds of each round, the first left out: it starts what the others use. */
async function timed(rounds: number, task: () => Promise<unknown>): Promise<readonly number[]> {
  await task();
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    await task();
    samples.push(performance.now() - begun);
  }
  return samples;
}

/** Resident, together (proc(5), VmRSS). */
async function memory(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8')));
  return sizes.reduce((sum, text) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024, 0);
}
