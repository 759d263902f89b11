import { z } from 'zod';
import { pageAt, type AdapterDeps } from '#adapters/adapter-deps.ts';
import { FluxEventsConfig } from '#adapters/flux-events/schema.ts';
import { createFluxEventsSink } from '#adapters/flux-events/sink.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import { gerritAdapter, gerritConfirmedBy } from '#adapters/gerrit-source.ts';
import { githubAdapter, githubConfirmedBy, GithubSourceConfig } from '#adapters/github-source.ts';
import { HgSource } from '#adapters/hg/schema.ts';
import { hgAdapter } from '#adapters/hg-source.ts';
import { httpPost } from '#adapters/http/post.ts';
import { WebhookConfig } from '#adapters/webhook/schema.ts';
import { createWebhookAnchor } from '#adapters/webhook/anchor.ts';
import { createWebhookSink } from '#adapters/webhook/sink.ts';
import { name } from '#config/name.ts';
import type { AnchorConfig } from '#config/records-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { HeadgateError } from '#core/errors.ts';
import type { JsonPost } from '#core/ports/json-post.ts';
import type { CheckpointAnchor } from '#core/ports/checkpoint-anchor.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { TargetRef } from '#core/target.ts';

export type { AdapterDeps } from '#adapters/adapter-deps.ts';

/** Types that the roadmap names. */
const later: readonly string[] = ['oci'];

/** One entry of `spec.sources`. A new kind of source is its folder, its schema here, and its case below. */
export const SourceConfig = z.discriminatedUnion('type', [GithubSourceConfig, GerritSource, HgSource], {
  error: (issue) => wrongType(issue.input),
});
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

/** The adapter of a configured source. */
export function createAdapter(config: SourceConfig, deps: AdapterDeps): SourceAdapter {
  switch (config.type) {
    case 'github':
      return githubAdapter(config, deps);
    case 'gerrit':
      return gerritAdapter(config, deps);
    case 'hg':
    case 'heptapod':
    case 'rhodecode':
      return hgAdapter(config, deps);
  }
}

/** Whether what happens on the source is confirmed by asking it. */
export function isReadBack(config: SourceConfig): boolean {
  switch (config.type) {
    case 'github':
      return githubConfirmedBy(config) !== 'none';
    case 'gerrit':
      return gerritConfirmedBy(config) !== 'none';
    case 'hg':
    case 'heptapod':
    case 'rhodecode':
      return true;
  }
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

/** What posts to an address of the config. */
export function createPost(deps: Pick<SinkDeps, 'clock' | 'env'>): JsonPost {
  return httpPost(deps);
}

/** What tells a server that events of the source may be missing. */
export { lossNotice } from '#adapters/gerrit/loss-notice.ts';

/** Where a configured anchor gets its checkpoints. */
export function createAnchor(
  { name, webhook: { url, secrets } }: AnchorConfig,
  deps: Pick<SinkDeps, 'clock' | 'env' | 'secrets'>,
): CheckpointAnchor {
  return createWebhookAnchor({ name, url, secrets: () => deps.secrets(secrets), post: httpPost(deps), clock: deps.clock });
}

const known = 'github, gerrit, hg, heptapod and rhodecode';

function wrongType(input: unknown): string | undefined {
  const type = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
  if (type === undefined) return undefined;
  if (typeof type === 'string' && later.includes(type))
    return `type ${type} comes with a later version (docs/roadmap.md); this one knows ${known}`;
  return `unknown type ${JSON.stringify(type)}; this version knows ${known}`;
}
