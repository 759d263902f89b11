import { join } from 'node:path';
import { z } from 'zod';
import { FluxEventsConfig } from '#adapters/flux-events/schema.ts';
import { createFluxEventsSink } from '#adapters/flux-events/sink.ts';
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
import { httpPost } from '#adapters/http/post.ts';
import { WebhookConfig } from '#adapters/webhook/schema.ts';
import { createWebhookAnchor } from '#adapters/webhook/anchor.ts';
import { createWebhookSink } from '#adapters/webhook/sink.ts';
import { name } from '#config/name.ts';
import { secretFinding } from '#config/check-secret.ts';
import type { AnchorConfig } from '#config/records-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import type { Finding } from '#core/finding.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { CheckpointAnchor } from '#core/ports/checkpoint-anchor.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { TargetRef } from '#core/target.ts';

/** Types that the roadmap names. */
const later: readonly string[] = ['gerrit', 'hg', 'oci'];

/** One entry of `spec.sources`. A new kind of source is its folder, its schema here, and its case below. */
export const SourceConfig = z.discriminatedUnion('type', [githubSource(GitReadBackConfig)], { error: (issue) => wrongType(issue.input) });
export type SourceConfig = z.infer<typeof SourceConfig>;

/** One entry of `spec.tell`. A new kind of sink is its folder, its key here, and its line in createSink. */
export const SinkConfig = z
  .strictObject({
    name: name.describe('Names the sink in metrics and logs. What it has been told is remembered by this name.'),
    flux: FluxEventsConfig.optional().describe("Events for a cluster's notification-controller: its Alerts deliver them."),
    webhook: WebhookConfig.optional().describe('Signed webhooks to one address.'),
  })
  .superRefine((value, context) => {
    if ((value.flux === undefined) === (value.webhook === undefined))
      context.addIssue({
        code: 'custom',
        message: 'must have exactly one of `flux` and `webhook`',
        params: { hint: 'flux: { cluster: … } or webhook: { url: …, secrets: [ { file: … } ] }' },
      });
  });
export type SinkConfig = z.infer<typeof SinkConfig>;

/** What loadConfig needs to know of adapters. */
export const adapterSchemas = { source: SourceConfig, sink: SinkConfig };

export interface AdapterDeps {
  /** The webhook secrets of this source that are live now. Called for each delivery, so that rotation needs no restart. */
  secrets(): readonly Buffer[];
  /** The live value of one reference. @throws HeadgateError SECRET_UNAVAILABLE */
  secret(ref: SecretRef): Buffer;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the journal; what an adapter keeps on disk lies in a directory of its own in it. */
  readonly dataDirectory: string;
  /** Of the process: what says which proxies to use, and where programs are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the server stops: whatever is being asked then is given up, and asked again after the next start. */
  readonly stopping?: AbortSignal;
  /** `spec.web.url`, without a slash at its end: where links lead. Undefined = no links. */
  readonly pagesUrl: string | undefined;
  /** Told of every answer of the source's API: its status, `error` without one, and how many requests it still takes, where it says so. */
  readonly onAnswer?: (code: string, remaining: number | null) => void;
}

/** The adapter of a configured source. */
export function createAdapter(config: SourceConfig, deps: AdapterDeps): SourceAdapter {
  switch (config.type) {
    case 'github':
      return githubAdapter(config, deps);
  }
}

function githubAdapter(config: SourceConfig, deps: AdapterDeps): SourceAdapter {
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
function feedbackOf({ name, feedback }: SourceConfig, { client }: GithubApiAccess, { clock, pagesUrl }: AdapterDeps): Sink | undefined {
  if (feedback === undefined) return undefined;
  const pageOf = ({ id }: Change): string | null => pageAt(pagesUrl, id);
  return createStatusFeedback({ source: name, client, clock, prefix: feedback.statuses.prefix, pageOf });
}

/** What the config says, or else what there are credentials for. */
function confirmedBy({ api, git, readBack }: SourceConfig): 'api' | 'git' | 'none' {
  return readBack ?? (api ? 'api' : git ? 'git' : 'none');
}

/** Whether what happens on the source is confirmed by asking it. */
export function isReadBack(config: SourceConfig): boolean {
  return confirmedBy(config) !== 'none';
}

/** How the source is asked what is there; the same way for what refs lead to and for files. */
function asking(
  config: SourceConfig,
  access: GithubApiAccess | undefined,
  deps: AdapterDeps,
): Pick<GithubAbilities, 'readBack' | 'content'> {
  const { git } = config;
  const by = confirmedBy(config);
  if (by === 'api' && access)
    return { readBack: createApiReadBack(access.client, deps.clock), content: createContentReader(access.client, deps.clock) };
  const readBack = by === 'git' && git ? gitReadBack(config, git, deps) : null;
  return { readBack, ...(readBack && { content: readBack }) };
}

/** Of GitHub, and of the way by git where there is one. */
function checkOf(config: SourceConfig, access: GithubApiAccess | undefined, deps: AdapterDeps): NonNullable<SourceAdapter['check']> {
  const { git, name } = config;
  const { clock, env: environment } = deps;
  const secret = deps.secret.bind(deps);
  const check = createGithubCheck({ source: config, by: confirmedBy(config), secret, clock, access });
  if (git === undefined) return check;
  const about = `source ${name}`;
  const options = { about, clock, environment, cloneUrl: cloneUrls(config, git), credentials: gitCredentials(git, deps) };
  const password = (ref: SecretRef): Finding => secretFinding({ about, what: 'password for git', ref, now: clock.now(), read: secret });
  return async (asked) => {
    const [ofGithub, ofGit] = await Promise.all([check(asked), checkGit(options, asked.repositories[0])]);
    return [...ofGithub, ...(git.password ? [password(git.password)] : []), ...ofGit];
  };
}

function cloneUrls({ url }: SourceConfig, git: GitReadBackConfig): (repository: string) => string {
  const base = git.ssh === undefined ? url.replace(/\/+$/, '') : `ssh://git@${new URL(url).hostname}`;
  return (repository) => `${base}/${repository}.git`;
}

function gitReadBack(config: SourceConfig, git: GitReadBackConfig, deps: AdapterDeps): ReadBack & ContentReader {
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

export interface SinkDeps extends Pick<AdapterDeps, 'clock' | 'env' | 'pagesUrl'> {
  /** The live values of references, at least one. @throws HeadgateError SECRET_UNAVAILABLE */
  secrets(refs: readonly SecretRef[]): readonly Buffer[];
  /** Of an object as it is in its cluster; undefined when it is not known there. */
  readonly uidOf: (target: TargetRef) => string | undefined;
}

/** What a configured sink is told through. */
export function createSink({ name, flux, webhook }: SinkConfig, deps: SinkDeps): Sink {
  const post = httpPost(deps);
  const pageOf = (change: string): string | null => pageAt(deps.pagesUrl, change);
  if (webhook)
    return createWebhookSink({ name, config: webhook, secrets: () => deps.secrets(webhook.secrets), post, clock: deps.clock, pageOf });
  if (flux) return createFluxEventsSink({ name, config: flux, post, uidOf: deps.uidOf, pageOf });
  throw new HeadgateError('INTERNAL', `the sink ${name} has no kind, which its schema excludes`);
}

/** Where a configured anchor gets its checkpoints. */
export function createAnchor(
  { name, webhook: { url, secrets } }: AnchorConfig,
  deps: Pick<SinkDeps, 'clock' | 'env' | 'secrets'>,
): CheckpointAnchor {
  return createWebhookAnchor({ name, url, secrets: () => deps.secrets(secrets), post: httpPost(deps), clock: deps.clock });
}

/** The address of a change's page; null while nobody has said where the pages are. */
function pageAt(pagesUrl: string | undefined, change: string): string | null {
  return pagesUrl === undefined ? null : `${pagesUrl}/changes/${encodeURIComponent(change)}`;
}

function wrongType(input: unknown): string | undefined {
  const type = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
  if (type === undefined) return undefined;
  if (typeof type === 'string' && later.includes(type))
    return `type ${type} comes with a later version (docs/roadmap.md); this one knows github`;
  return `unknown type ${JSON.stringify(type)}; this version knows github`;
}
