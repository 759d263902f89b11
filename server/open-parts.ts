import { createAdapter, createSink, type SinkConfig, type SourceConfig } from '#adapters/registry.ts';
import type { Config } from '#config/load-config.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Clock } from '#core/clock.ts';
import type { Check } from '#core/finding.ts';
import type { Journal } from '#core/ports/journal.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { measuredAdapter } from '#handlers/measured-read-back.ts';
import { openIdentity, type Identity } from '#identity/open-identity.ts';
import { postgresFacts } from '#journal/postgres/postgres-facts.ts';
import { openPersonKey } from '#journal/records/person-key.ts';
import { connectClusters, type Clusters } from '#k8s/clusters.ts';
import type { PolicySet } from '#policy/documents.ts';
import { redisFacts } from '#queue/bullmq/redis-facts.ts';
import { storeChecks } from '#server/checks/stores.ts';
import { clusterIssuers } from '#server/cluster-issuers.ts';
import { countEntered } from '#server/count-entered.ts';
import { openJournal, type OpenedJournal } from '#server/open-journal.ts';
import type { PrometheusMetrics } from '#server/metrics.ts';
import { openPolicies, type Policies } from '#server/open-policies.ts';
import { openSecrets } from '#server/open-secrets.ts';
import { recordsSettings } from '#server/records-settings.ts';
import type { ServeOptions } from '#server/running-server.ts';

export type HeadgateConfig = Config<SourceConfig, SinkConfig>;

export interface Surroundings {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
  readonly env: ServeOptions['env'];
}

/** What holds state or speaks to the outside. */
export interface Parts extends Surroundings, Omit<OpenedJournal, 'journal'> {
  readonly config: HeadgateConfig;
  readonly journal: Journal;
  readonly clusters: Clusters;
  readonly policies: Policies;
  /** The policies that the keeper of records puts there; null where they see to that themselves. */
  readonly unrecorded: (() => PolicySet) | null;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly sinks: readonly Sink[];
  /** Looks at Postgres and Redis, where they are used. */
  readonly stores: readonly Check[];
  /** Tells sinks and anchors what they need of this server. */
  readonly telling: Parameters<typeof createSink>[1];
  /** @throws HeadgateError SECRET_UNAVAILABLE */
  readonly secret: (ref: SecretRef) => Buffer;
  /** Null: no issuer is configured. */
  readonly identity: Identity | null;
  /** Gives up what sources are being asked: it stays pending. */
  stopAsking(): void;
}

/**
 * Opens everything that a process holds, until `starting` is disposed.
 * @throws HeadgateError POLICY_MISSING, POLICY_INVALID, CONFIG_INVALID, SECRET_UNAVAILABLE, JOURNAL_IN_USE, JOURNAL_NEWER, JOURNAL_UNREADABLE
 */
export async function openParts(config: HeadgateConfig, around: Surroundings, starting: AsyncDisposableStack): Promise<Parts> {
  const { clock, log, metrics, env } = around;
  const pagesUrl = config.web.url;
  const reloaded = (what: 'policies' | 'secrets') => (ok: boolean) => metrics.configReload(what, ok, clock.now());
  const secrets = openSecrets(config, { clock, env: (name) => env[name], log, onReload: reloaded('secrets') });
  const secret = secrets.requireSecret.bind(secrets);
  const stopping = new AbortController();
  const outward = { clock, log, env, secret, pagesUrl, stopping: stopping.signal, dataDirectory: config.dataDirectory };
  const adapters = config.sources.map((source) =>
    createAdapter(source, {
      ...outward,
      secrets: () => secrets.values(source.webhook?.secrets ?? []),
      onAnswer: (code, remaining) => metrics.sourceAnswered(source.name, code, remaining),
    }),
  );
  const opening = await openPolicies(config, { clock, log, adapters, onReload: reloaded('policies') });
  for (const what of ['policies', 'secrets'] as const) reloaded(what)(true);
  starting.defer(() => opening.stop());
  const clusters = connectClusters({
    clusters: config.clusters,
    issuers: clusterIssuers(config),
    schemas: config.preflight.schemas?.path ?? null,
    ...{ clock, log, metrics },
  });
  starting.defer(() => clusters.stop());
  const telling = { clock, env, pagesUrl, secrets: secrets.requireAny.bind(secrets), uidOf: clusters.uidOf };
  const sinks = [...adapters.flatMap(({ feedback }) => feedback ?? []), ...config.tell.map((sink) => createSink(sink, telling))];
  const onCommit: Metrics['committed'] = (operations, seconds) => metrics.committed(operations, seconds);
  const persons = await openPersonKey(recordsSettings(config).persons);
  const named = sinks.map(({ name }) => name);
  const { journal: opened, ...beside } = await openJournal(
    config.journal,
    { clock, log, secret, onCommit, persons, sinks: named },
    starting,
  );
  const journal = countEntered(opened, metrics);
  const byName = new Map(adapters.map((adapter) => [adapter.name, measuredAdapter(adapter, around)]));
  const policies = opening.finish({ journal, adapters: byName });
  starting.defer(() => policies.stop());
  const stopAsking = (): void => stopping.abort();
  const identity = config.identity ? await openIdentity(config.identity, { ...around, secret, reviews: clusters.tokenReviews }) : null;
  const { unrecorded } = opening;
  const stores = storeChecks(config, secret, { redis: redisFacts, postgres: postgresFacts });
  return {
    ...around,
    ...beside,
    config,
    journal,
    clusters,
    policies,
    unrecorded,
    stores,
    sinks,
    telling,
    secret,
    identity,
    adapters: byName,
    stopAsking,
  };
}
