import { join } from 'node:path';
import { pageAt, type AdapterDeps } from '#adapters/adapter-deps.ts';
import { createGerritAdapter } from '#adapters/gerrit/adapter.ts';
import { createGerritCheck } from '#adapters/gerrit/check/check-source.ts';
import { createEventsLog } from '#adapters/gerrit/events-log.ts';
import { createMessageFeedback } from '#adapters/gerrit/feedback/sink.ts';
import { createGerritClient, type GerritClient } from '#adapters/gerrit/rest/client.ts';
import { createGerritReadBack } from '#adapters/gerrit/rest/read-back.ts';
import { createGerritRights } from '#adapters/gerrit/rights/source-rights.ts';
import { readLine } from '#adapters/gerrit/read-line.ts';
import type { GerritHttp, GerritSource, GerritSsh } from '#adapters/gerrit/schema.ts';
import { createGerritStream } from '#adapters/gerrit/stream/stream.ts';
import { createGitReadBack, type GitReading } from '#adapters/git/read-back.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { EventStream } from '#core/ports/event-stream.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';

/** Brings together what a source of `type: gerrit` is made of. */
export function gerritAdapter(config: GerritSource, deps: AdapterDeps): SourceAdapter {
  const client = config.http && gerritClient(config, config.http, deps);
  const rights = client && createGerritRights({ client, clock: deps.clock });
  const missed = client && createEventsLog({ client, clock: deps.clock });
  const stream = config.ssh?.listen === (deps.listener ?? 'serve') ? gerritStream(config, config.ssh, deps) : undefined;
  const asking = askingGerrit(config, client, deps);
  const feedback = client && feedbackOf(config, client, asking.readBack, deps);
  const check = checkOf(config, client, stream, deps);
  return createGerritAdapter(config, () => deps.secrets(), {
    ...asking,
    stream,
    missed,
    rights,
    feedback,
    check,
  });
}

function checkOf(
  source: GerritSource,
  client: GerritClient | undefined,
  stream: EventStream | undefined,
  deps: AdapterDeps,
): NonNullable<SourceAdapter['check']> {
  return createGerritCheck({ source, by: gerritConfirmedBy(source), secret: deps.secret.bind(deps), clock: deps.clock, client, stream });
}

/** Undefined where the config asks for none. */
function feedbackOf(
  { name, feedback }: GerritSource,
  api: GerritClient,
  readBack: ReadBack | null,
  { log, pagesUrl }: AdapterDeps,
): Sink | undefined {
  if (feedback === undefined) return undefined;
  const holds = readBack?.isAncestor.bind(readBack);
  return createMessageFeedback({ source: name, api, log, holds, label: feedback.label, pageOf: (change) => pageAt(pagesUrl, change) });
}

/** How the source is asked what is there. */
function askingGerrit(
  config: GerritSource,
  client: GerritClient | undefined,
  deps: AdapterDeps,
): { readonly readBack: ReadBack | null; readonly content?: ContentReader } {
  const { http, url } = config;
  if (!http || !client || gerritConfirmedBy(config) === 'none') return { readBack: null };
  const { clock, log } = deps;
  const mirror = gerritMirror(config, http, deps);
  return { readBack: createGerritReadBack({ url, client, mirror, clock, log }), content: mirror };
}

/** Git over HTTP, below the same `/a/` and with the same credentials. Nothing is asked yet. */
function gerritMirror({ name, url }: GerritSource, { user, token }: GerritHttp, deps: AdapterDeps): GitReading {
  const { clock, log, env: environment, stopping: signal } = deps;
  return createGitReadBack({
    clock,
    log,
    environment,
    ...(signal ? { signal } : {}),
    directory: join(deps.dataDirectory, 'mirrors', name),
    cloneUrl: (project) => `${url.replace(/\/+$/, '')}/a/${project}`,
    credentials: { kind: 'password', username: user, password: () => deps.secret(token).toString('utf8') },
  });
}

/** Gerrit's REST API with the credentials of the config. Nothing is asked yet. */
export function gerritClient({ name, url }: GerritSource, { user, token }: GerritHttp, deps: AdapterDeps): GerritClient {
  const { clock, env, stopping, onAnswer } = deps;
  return createGerritClient({ source: name, url, user, token: () => deps.secret(token), clock, env, stopping, onAnswer });
}

/** What listens to it, once it is started. */
function gerritStream({ url }: GerritSource, ssh: GerritSsh, { clock, log }: AdapterDeps): EventStream {
  const { host = new URL(url).hostname, port, user, key, knownHosts } = ssh;
  return createGerritStream({ peer: { host, port, user, keyFile: key.file, knownHostsFile: knownHosts.file }, read: readLine, clock, log });
}

/** What the config says, or else what there are credentials for. */
export function gerritConfirmedBy({ http, readBack }: GerritSource): 'api' | 'none' {
  return readBack ?? (http ? 'api' : 'none');
}
