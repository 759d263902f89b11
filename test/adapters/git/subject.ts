import { join } from 'node:path';
import { createGitReadBack, type GitReadBackOptions } from '#adapters/git/read-back.ts';
import { systemClock } from '#core/clock.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { History } from '../../conformance/read-back/history.ts';
import type { GitHost } from './git-host.ts';

export const MAIN = 'refs/heads/main';
export const UNKNOWN = '1'.repeat(40);

export function mirrorsOf(host: GitHost): string {
  return join(host.scratch, 'mirrors');
}

/** A ReadBack of everything on a host, without credentials unless they are given. */
export function readBackOf(host: GitHost, options: Partial<GitReadBackOptions> = {}): ReadBack {
  return createGitReadBack({
    cloneUrl: (repository) => `${host.url}/${repository}.git`,
    credentials: { kind: 'none' },
    directory: mirrorsOf(host),
    clock: systemClock,
    log: silentLog,
    environment: { PATH: process.env['PATH'] },
    ...options,
  });
}

/** A repository with two commits on main. */
export async function twoCommits(host: GitHost, repository: string): Promise<{ history: History; first: string; second: string }> {
  const history = new History(await host.createRepository(repository));
  const [first = '', second = ''] = await history.commit(MAIN, [{ files: { a: '1' } }, { files: { a: '2', b: repository } }]);
  return { history, first, second };
}
