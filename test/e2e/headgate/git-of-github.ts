import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import type { GitServer, HostedRepository } from '../cluster/git-http.ts';

/** The sandbox's GitHub as the git server of a stage: real repositories with GitHub's REST API beside them. */
export interface GithubServer extends Pick<GitServer, 'url' | 'repository' | 'stop'> {
  readonly github: FakeGithub;
}

/** @param token opens its REST API */
export async function startGithubServer(token: string): Promise<GithubServer> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-github-'));
  const github = await startFakeGithub({ clock: systemClock, log: silentLog, directory });
  github.rest.addToken(token);
  return {
    github,
    url: github.url,
    repository: (name) => hosted(github, name),
    async stop() {
      await github.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function hosted(github: FakeGithub, name: string): Promise<HostedRepository> {
  const url = await github.createRepository(name);
  return {
    name,
    url,
    async commit(files, { branch = 'main', message = 'A change' } = {}) {
      const { after } = await github.push({ repository: name, branch, files, message });
      if (after === null) throw new Error(`the push to ${branch} made no commit`);
      return after;
    },
  };
}
