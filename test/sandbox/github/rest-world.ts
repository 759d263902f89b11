import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Octokit } from '@octokit/rest';
import { systemClock, type Clock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import { OpenapiSchemas, type SchemaName } from './openapi-schema.ts';

export const REPOSITORY = 'acme/app';
export const HERE = { owner: 'acme', repo: 'app' } as const;

/** A simulated GitHub with one repository, and a client that others wrote. */
export interface RestWorld {
  readonly github: FakeGithub;
  readonly octokit: Octokit;
  readonly stop: () => Promise<void>;
}

export async function restWorld(clock: Clock = systemClock): Promise<RestWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-rest-'));
  const github = await startFakeGithub({ clock, log: silentLog, directory });
  await github.createRepository(REPOSITORY);
  const stop = async (): Promise<void> => {
    await github.stop();
    await rm(directory, { recursive: true });
  };
  return { github, octokit: client(github), stop };
}

export function client(github: FakeGithub, token?: string): Octokit {
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return new Octokit({ baseUrl: github.apiUrl, log: quiet, ...(token === undefined ? {} : { auth: token }) });
}

/** Pushes so many commits, each a file of its own, and answers their ids, oldest first. */
export async function pushes(github: FakeGithub, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 1; index <= count; index += 1) {
    const pushed = await github.push({
      repository: REPOSITORY,
      files: { [`file-${index}.txt`]: `${index}\n` },
      message: `Commit ${index}`,
    });
    ids.push(pushed.after ?? '');
  }
  return ids;
}

let schemas: OpenapiSchemas | undefined;

/** A value is what GitHub publishes under a name. */
export function assertSchema(name: SchemaName, value: unknown): void {
  schemas ??= new OpenapiSchemas();
  assert.deepEqual(schemas.complaints(name, value), []);
}
