import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Octokit } from '@octokit/rest';
import { systemClock, type Clock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
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

/** Makes a history of many commits at once, each with files of its own, and answers their ids, oldest first. No webhook is sent. */
export async function history(github: FakeGithub, count: number, filesEach = 1): Promise<readonly string[]> {
  const git = new GitRunner();
  const directory = `--git-dir=${github.repository(REPOSITORY).directory}`;
  const commits = Array.from({ length: count }, (_, index) => importedCommit(index + 1, filesEach));
  await git.run([directory, 'fast-import', '--quiet', '--done', '--date-format=raw'], { input: `${commits.join('')}done\n` });
  const text = await git.run([directory, 'rev-list', '--reverse', 'refs/heads/main']);
  return text.toString('utf8').trim().split('\n');
}

function importedCommit(number: number, files: number): string {
  const data = (text: string): string => `data ${text.length}\n${text}\n`;
  const paths = Array.from({ length: files }, (_, index) => `M 100644 inline d${number}/f${index}\n${data(`${number}`)}`);
  return `commit refs/heads/main\ncommitter you <you@example.com> ${1_700_000_000 + number} +0000\n${data(`Commit ${number}`)}${paths.join('')}\n`;
}

let schemas: OpenapiSchemas | undefined;

/** A value is what GitHub publishes under a name. */
export function assertSchema(name: SchemaName, value: unknown): void {
  schemas ??= new OpenapiSchemas();
  assert.deepEqual(schemas.complaints(name, value), []);
}
