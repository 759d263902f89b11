import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloneBackEnd } from '#adapters/hg/clone/clone-back-end.ts';
import type { HgBackEnd } from '#adapters/hg/back-end.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import type { Mercurial } from './install.ts';

type Credentials = Parameters<typeof createCloneBackEnd>[0]['credentials'];

/** A back end of clones, in a directory of its own. */
export interface Cloning {
  readonly backEnd: HgBackEnd;
  readonly directory: string;
  /** From now on whatever is to be done later is done this much earlier: deadlines need not be waited for. */
  hurry(ms: number | undefined): void;
  /** Of the command servers that run. */
  servers(): Promise<readonly number[]>;
  /** Path of the one clone that there is. */
  clone(): Promise<string>;
  /** Ends what runs and removes everything. */
  close(): Promise<void>;
}

export async function openCloning(mercurial: Mercurial, url: string, credentials: Credentials = { kind: 'none' }): Promise<Cloning> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-clones-'));
  const stopping = new AbortController();
  let most: number | undefined;
  const clock: Clock = { ...systemClock, after: (ms, task) => systemClock.after(Math.min(ms, most ?? ms), task) };
  const common = { directory, clock, log: silentLog, environment: process.env, signal: stopping.signal };
  return {
    backEnd: createCloneBackEnd({ ...common, hg: mercurial.hg, url, credentials }),
    directory,
    hurry(ms) {
      most = ms;
    },
    servers: () => processesWith(directory, '--cmdserver'),
    async clone() {
      const [found = 'none'] = (await readdir(join(directory, 'clones'))).filter((name) => /^[0-9a-f]{64}$/.test(name));
      return join(directory, 'clones', found);
    },
    async close() {
      stopping.abort();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Processes of this machine whose arguments have all of these in them (proc(5)). */
async function processesWith(...words: readonly string[]): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const args = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => words.every((word) => args[index]?.includes(word))).map(Number);
}
