import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApi, type GithubApiAccess, type GithubApiOptions } from '#adapters/github/open-api.ts';
import { createApiReadBack } from '#adapters/github/read-back.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';

export const TOKEN = 'ghp_aTokenThatMayReadEverything';
export const REPOSITORY = 'org/app';

/** What tests of the API need. */
export interface ApiWorld {
  readonly github: FakeGithub;
  readonly readBack: ReadBack;
  /** The token that is sent. */
  token: string;
  /** Another ReadBack of the same GitHub. */
  open(options?: Partial<GithubApiOptions>): ReadBack;
  access(options?: Partial<GithubApiOptions>): GithubApiAccess;
  /** `METHOD path` of each request since the last call. */
  asked(): readonly string[];
  stop(): Promise<void>;
}

/** A simulated GitHub that wants a token, and what reads back from it. */
export async function startApiWorld(clock: Clock = systemClock): Promise<ApiWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-api-'));
  const github = await startFakeGithub({ clock, log: silentLog, directory });
  github.rest.addToken(TOKEN);
  const access: ApiWorld['access'] = (options = {}) =>
    openApi({
      source: 'hub',
      url: github.url,
      api: { token: { env: 'TOKEN' } },
      secret: () => Buffer.from(world.token),
      clock,
      log: silentLog,
      env: {},
      ...options,
    });
  const open: ApiWorld['open'] = (options = {}) => createApiReadBack(access(options).client, options.clock ?? clock);
  const world: ApiWorld = {
    github,
    token: TOKEN,
    readBack: open({ secret: () => Buffer.from(world.token) }),
    open,
    access,
    asked() {
      const seen = github.rest.requests().map(({ method, path }) => `${method} ${path}`);
      github.rest.forget();
      return seen;
    },
    async stop() {
      await github.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return world;
}
