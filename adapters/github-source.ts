import { join } from 'node:path';
import type { z } from 'zod';
import { pageAt, type AdapterDeps } from '#adapters/adapter-deps.ts';
import { checkGit } from '#adapters/git/check.ts';
import { createGitReadBack } from '#adapters/git/read-back.ts';
import type { GitCredentials } from '#adapters/git/remote.ts';
import { GitReadBackConfig } from '#adapters/git/schema.ts';
import { createGithubCheck } from '#adapters/github/check/check-source.ts';
import { createGithubAdapter, type GithubAbilities } from '#adapters/github/adapter.ts';
import { createStatusFeedback } from '#adapters/github/feedback.ts';
import { openApi, type GithubApiAccess } from '#adapters/github/open-api.ts';
import { createApiReadBack } from '#adapters/github/read-back.ts';
import { createContentReader } from '#adapters/github/read-content.ts';
import { createTeamReader } from '#adapters/github/read-team.ts';
import { createRecovery } from '#adapters/github/recovery.ts';
import { githubSource } from '#adapters/github/schema.ts';
import { secretFinding } from '#config/check-secret.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Change } from '#core/change.ts';
import type { Finding } from '#core/finding.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';

/** One entry of `spec.sources` of `type: github`. */
export const GithubSourceConfig = githubSource(GitReadBackConfig);
export type GithubSourceConfig = z.output<typeof GithubSourceConfig>;

/** Brings together what a source of `type: github` is made of. */
export function githubAdapter(config: GithubSourceConfig, deps: AdapterDeps): SourceAdapter {
  const { name, url, api } = config;
  const secret = deps.secret.bind(deps);
  const access = api && openApi({ ...deps, source: name, url, api, secret });
  const missed = access && createRecovery(access, name, deps.clock);
  const feedback = access && feedbackOf(config, access, deps);
  const check = checkOf(config, access, deps);
  const teams = access && createTeamReader(access.client, deps.clock);
  return createGithubAdapter(config, () => deps.secrets(), { ...asking(config, access, deps), missed, feedback, teams, check });
}

/** Undefined where the config asks for none. */
function feedbackOf(
  { name, feedback }: GithubSourceConfig,
  { client }: GithubApiAccess,
  { clock, pagesUrl }: AdapterDeps,
): Sink | undefined {
  if (feedback === undefined) return undefined;
  const pageOf = ({ id }: Change): string | null => pageAt(pagesUrl, id);
  return createStatusFeedback({ source: name, client, clock, prefix: feedback.statuses.prefix, pageOf });
}

/** What the config says, or else what there are credentials for. */
export function githubConfirmedBy({ api, git, readBack }: GithubSourceConfig): 'api' | 'git' | 'none' {
  return readBack ?? (api ? 'api' : git ? 'git' : 'none');
}

/** How the source is asked what is there; the same way for what refs lead to and for files. */
function asking(
  config: GithubSourceConfig,
  access: GithubApiAccess | undefined,
  deps: AdapterDeps,
): Pick<GithubAbilities, 'readBack' | 'content'> {
  const { git } = config;
  const by = githubConfirmedBy(config);
  if (by === 'api' && access)
    return { readBack: createApiReadBack(access.client, deps.clock), content: createContentReader(access.client, deps.clock) };
  const readBack = by === 'git' && git ? gitReadBack(config, git, deps) : null;
  return { readBack, ...(readBack && { content: readBack }) };
}

/** Of GitHub, and of the way by git where there is one. */
function checkOf(config: GithubSourceConfig, access: GithubApiAccess | undefined, deps: AdapterDeps): NonNullable<SourceAdapter['check']> {
  const { git, name } = config;
  const { clock, env: environment } = deps;
  const secret = deps.secret.bind(deps);
  const check = createGithubCheck({ source: config, by: githubConfirmedBy(config), secret, clock, access });
  if (git === undefined) return check;
  const about = `source ${name}`;
  const options = { about, clock, environment, cloneUrl: cloneUrls(config, git), credentials: gitCredentials(git, deps) };
  const password = (ref: SecretRef): Finding => secretFinding({ about, what: 'password for git', ref, now: clock.now(), read: secret });
  return async (asked) => {
    const [ofGithub, ofGit] = await Promise.all([check(asked), checkGit(options, asked.repositories[0])]);
    return [...ofGithub, ...(git.password ? [password(git.password)] : []), ...ofGit];
  };
}

function cloneUrls({ url }: GithubSourceConfig, git: GitReadBackConfig): (repository: string) => string {
  const base = git.ssh === undefined ? url.replace(/\/+$/, '') : `ssh://git@${new URL(url).hostname}`;
  return (repository) => `${base}/${repository}.git`;
}

function gitReadBack(config: GithubSourceConfig, git: GitReadBackConfig, deps: AdapterDeps): ReadBack & ContentReader {
  const { clock, log, env: environment, stopping: signal } = deps;
  return createGitReadBack({
    clock,
    log,
    environment,
    ...(signal ? { signal } : {}),
    directory: join(deps.dataDirectory, 'mirrors', config.name),
    cloneUrl: cloneUrls(config, git),
    credentials: gitCredentials(git, deps),
  });
}

function gitCredentials({ username = 'headgate', password, ssh }: GitReadBackConfig, deps: AdapterDeps): GitCredentials {
  if (ssh !== undefined) return { kind: 'ssh', keyFile: ssh.key.file, knownHostsFile: ssh.knownHosts.file };
  if (password === undefined) return { kind: 'none' };
  return { kind: 'password', username, password: () => deps.secret(password).toString('utf8') };
}
