import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { requireTools } from '../../test/e2e/cluster/tools.ts';
import { startHeadgate, type Headgate } from '../../test/e2e/headgate/serve.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';
import { BODY_BYTES, pushBody, pushTo } from '../push.ts';
import { scrape } from '../scrape.ts';
import { openSender } from '../sender.ts';
import { percentile } from '../statistics.ts';
import { shoot } from '../wrk.ts';

const GENERATOR_CORE = 0;
const SERVER_CORE = 1;
const CONNECTIONS = 64;
/** Pushes of the quiet source, evenly spaced. */
const PER_SECOND = 100;
const MEGABYTE = 1_000_000;

/** How the source `hub` is flooded. */
interface Flood {
  readonly name: string;
  /** What its deliveries are signed with; undefined = the secret of the source. */
  readonly secret?: string;
}

const floods: readonly Flood[] = [{ name: 'genuine' }, { name: 'forged', secret: 'not the secret of the source' }];

interface Round {
  /** p99 of the quiet source, milliseconds: before, in the first seconds of the flood, and while it lasts. */
  readonly quiet: number;
  readonly first: number;
  readonly flooded: number;
  /** Answers to the flood per second, taken or not. */
  readonly answers: number;
}

/** What a flood on one source takes from another one. */
export async function measureFlooding(pace: Pace): Promise<Section> {
  requireTools(['wrk', 'taskset']);
  const figures: Figure[] = [];
  const load = loadavg()[0] ?? 0;
  for (const flood of floods) figures.push(...(await measure(flood, pace)));
  return {
    title: 'A source that floods, and one that does not',
    method: [
      `hub: wrk on core ${GENERATOR_CORE}, ${CONNECTIONS} connections, closed loop, ${BODY_BYTES} bytes; genuine ones at the default rate of a source, or forged`,
      `calm: ${PER_SECOND} pushes per second from another address, evenly spaced, ${pace.loadSeconds} s without and with the flood, ${pace.loadRounds} times; the time until 202`,
      `headgate serve on core ${SERVER_CORE}; no cluster: deliveries are journalled and decided, nothing is patched`,
      `load average of the machine before: ${load.toFixed(1)}, after: ${(loadavg()[0] ?? 0).toFixed(1)}; what else runs on these cores is measured as well`,
    ],
    figures,
  };
}

async function measure(flood: Flood, pace: Pace): Promise<readonly Figure[]> {
  const headgate = await startHeadgate({
    clusters: [],
    sourceUrl: 'https://git.example.com',
    spec: { log: { level: 'info' }, sources: ['hub', 'calm'].map(source) },
    wrap: () => ['taskset', '-c', String(SERVER_CORE)],
  });
  try {
    await calm(headgate, pace.warmUpSeconds);
    const before = memoryOf(headgate.pid, 'VmRSS');
    const rounds: Round[] = [];
    for (let round = 0; round < pace.loadRounds; round++) rounds.push(await compare(headgate, flood, pace));
    const limited = (await scrape(headgate.metrics)).sum('headgate_webhook_requests_total', { source: 'hub' });
    return figuresOf(flood, rounds, { before, most: memoryOf(headgate.pid, 'VmHWM') }, limited);
  } finally {
    await headgate.stop();
  }
}

function source(name: string): object {
  return { name, type: 'github', url: 'https://git.example.com', webhook: { secrets: [{ file: './secret' }] } };
}

function figuresOf(
  { name }: Flood,
  rounds: readonly Round[],
  memory: { readonly before: number; readonly most: number },
  requests: number,
): readonly Figure[] {
  const of = (value: (round: Round) => number): readonly number[] => rounds.map(value);
  return [
    { name: `${name}: p99 of calm without`, unit: 'ms', samples: of(({ quiet }) => quiet) },
    { name: `${name}: p99 of calm with`, unit: 'ms', samples: of(({ flooded }) => flooded) },
    { name: `${name}: with ÷ without`, unit: '×', samples: of(({ flooded, quiet }) => flooded / quiet), goal: { atMost: 2 } },
    { name: `${name}: p99 of calm at its beginning`, unit: 'ms', samples: of(({ first }) => first), note: 'while the burst is taken' },
    { name: `${name}: answers to it`, unit: '/s', samples: of(({ answers }) => answers), note: `${requests} requests` },
    { name: `${name}: memory before`, unit: 'MB', samples: [memory.before / MEGABYTE] },
    { name: `${name}: memory at most`, unit: 'MB', samples: [memory.most / MEGABYTE], goal: { below: 400 } },
  ];
}

async function compare(headgate: Headgate, flood: Flood, pace: Pace): Promise<Round> {
  const quiet = percentile(await calm(headgate, pace.loadSeconds), 0.99);
  const flooding = shootAt(headgate, flood, 2 * pace.loadSeconds + 2);
  await pause(500); // wrk has started
  const first = percentile(await calm(headgate, pace.loadSeconds), 0.99);
  const flooded = percentile(await calm(headgate, pace.loadSeconds), 0.99);
  return { quiet, first, flooded, answers: await flooding };
}

/** @returns milliseconds until each push of the quiet source was answered 202 */
async function calm(headgate: Headgate, seconds: number): Promise<readonly number[]> {
  const sender = openSender(headgate.secret, 16, '127.0.0.2');
  const url = headgate.hook.replace(/hub$/, 'calm');
  const body = pushBody(pushTo('org/calm'));
  const latencies: Promise<number>[] = [];
  const begun = performance.now();
  try {
    for (let n = 0; n < seconds * PER_SECOND; n++) {
      await pause(Math.max(0, begun + (n * 1_000) / PER_SECOND - performance.now()));
      const { at, answered } = sender.send(url, body);
      latencies.push(answered.then(() => performance.now() - at));
    }
    return await Promise.all(latencies);
  } finally {
    sender.close();
  }
}

async function shootAt(headgate: Headgate, { secret = headgate.secret }: Flood, seconds: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-flood-'));
  const { origin, pathname } = new URL(headgate.hook);
  const shots = Array.from({ length: 64 }, (_, n) => ({ path: pathname, push: pushTo(`org/app-${n}`) }));
  try {
    const { accepted, errors } = await shoot({
      url: origin,
      shots,
      secret,
      connections: CONNECTIONS,
      seconds,
      core: GENERATOR_CORE,
      directory,
    });
    return (accepted + errors) / seconds;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** proc(5). @returns bytes */
function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
