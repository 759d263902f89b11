import { z } from 'zod';
import { addCustom } from '#config/add-custom.ts';
import { authorityNames } from '#config/authority-names.ts';
import { clustersSchema } from '#config/clusters-schema.ts';
import { duration } from '#config/duration.ts';
import { fileRef } from '#config/file-ref.ts';
import { baseUrl } from '#config/http-url.ts';
import { identitySchema } from '#config/identity-schema.ts';
import { uniqueNames } from '#config/name.ts';
import { address, cidr, hostName, isLoopback, type Address } from '#config/network.ts';
import { recordsSchema } from '#config/records-schema.ts';
import { knownPolicySource, policiesSchema } from '#config/policies-schema.ts';
import { fittingStores, journalSchema, queueSchema, workersSchema } from '#config/stores-schema.ts';
import { knownSenders, type Receiving } from '#config/token-sender.ts';
import { documentSchema } from '#config/yaml-documents.ts';

/** What every adapter's own schema gives at least. */
export interface SourceBase {
  readonly name: string;
  readonly type: string;
  /** Whoever sends to it by token: the issuers must be configured. */
  readonly webhook?: Receiving | undefined;
}

/** What the schema of whatever is told gives at least. */
export interface SinkBase {
  readonly name: string;
  /** Where it tells one cluster: that must be configured. */
  readonly flux?: { readonly cluster: string } | undefined;
}

/** What the adapters bring: of one entry of `spec.sources`, and of one of `spec.tell`. */
export interface AdapterSchemas<Source extends SourceBase, Sink extends SinkBase> {
  readonly source: z.ZodType<Source>;
  readonly sink: z.ZodType<Sink>;
}

const DAY = 24 * 60 * 60 * 1_000;

const listen = z
  .strictObject({
    webhook: address.prefault('127.0.0.1:9292').describe('Where forges send their webhooks: `POST /hooks/{source}`.'),
    web: address.prefault('127.0.0.1:9080').describe('The API and the pages.'),
    metrics: address.prefault('127.0.0.1:8080').describe('Prometheus metrics: `/metrics`.'),
    health: address.prefault('127.0.0.1:9440').describe('Probes: `/healthz` and `/readyz`.'),
  })
  .superRefine(distinctListeners);

const retention = z
  .strictObject({
    bodies: duration.prefault('30d').describe('How long the bodies of deliveries are kept.'),
    records: duration.prefault('400d').describe('How long deliveries, changes, decisions, reconciles and records are kept, at least 7d.'),
  })
  .superRefine((value, context) => {
    if (value.records < 7 * DAY)
      addCustom(context, ['records'], 'is shorter than 7d', 'forges may send a delivery again for 7 days; it must still be known');
    if (value.bodies > value.records) addCustom(context, ['bodies'], 'is longer than `records`', 'a body goes with its delivery');
  });

const tls = z.strictObject({
  webhook: z
    .strictObject({
      cert: fileRef.describe('Certificate chain in PEM, the leaf first. Read again when it changes.'),
      key: fileRef.describe('Private key in PEM.'),
    })
    .optional()
    .describe('Serves the webhook listener over TLS. Absent = plain HTTP, for use behind a proxy or ingress that ends TLS.'),
});

const web = z.strictObject({
  openReading: z
    .boolean()
    .default(false)
    .describe('Lets anyone on this machine read without a token. Only with a loopback address in `listen.web`.'),
  hosts: z
    .array(hostName)
    .default([])
    .describe(
      'Names under which the web listener is reached, beside its own address and that of `url`. Requests for other hosts are refused.',
    ),
  url: baseUrl
    .optional()
    .describe(
      'Where people reach the pages, for links to them in what is told elsewhere: `https://headgate.example.com`. Absent = no links.',
    ),
});

const log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is logged at least.'),
  encoding: z.enum(['json', 'console']).default('json').describe('Lines of JSON, or text for people.'),
});

const preflight = z.strictObject({
  schemas: z
    .strictObject({ path: z.string().min(1).describe("Directory; relative to the config file's directory.") })
    .optional()
    .describe(
      'Schemas for manifests that no cluster follows: `<path>/apis/apps/v1.json` is what `kubectl get --raw /openapi/v3/apis/apps/v1` prints. ' +
        'Where a cluster follows them, its own schemas count.',
    ),
});

function specSchema<Source extends SourceBase, Sink extends SinkBase>({ source, sink }: AdapterSchemas<Source, Sink>) {
  return z
    .strictObject({
      listen: listen.prefault({}).describe('Addresses of the four listeners, host:port.'),
      journal: journalSchema.prefault({}).describe('Where accepted deliveries and everything that came of them are kept.'),
      queue: queueSchema.prefault({}).describe('What holds the targets to work on.'),
      workers: workersSchema.describe(
        'Who handles deliveries and works on targets: `serve` itself, or processes of `headgate worker` alone. With a journal in Postgres there may be workers beside `serve` too.',
      ),
      clusters: clustersSchema,
      sources: z.array(source).min(1).superRefine(uniqueNames).describe('Connections to the places where changes are reviewed and merged.'),
      policies: policiesSchema.describe('Who may bring which change to which targets: from a directory here, or from a repository.'),
      identity: identitySchema.optional().describe("Whose tokens are believed on the API, beside the operator token. Absent = nobody's."),
      preflight: preflight.prefault({}).describe('How manifests are looked at before they are pushed: `POST /v1/preflight`.'),
      retention: retention.prefault({}).describe('How long things are kept.'),
      records: recordsSchema.prefault({}).describe('The evidence chain: every decision, outcome and change of policy.'),
      tls: tls.prefault({}).describe('TLS of the listeners.'),
      trustedProxies: z
        .array(cidr)
        .default([])
        .describe('Proxies whose `X-Forwarded-For` is believed when the address of a sender is noted.'),
      web: web.prefault({}).describe('The web listener.'),
      tell: z
        .array(sink)
        .default([])
        .superRefine(uniqueNames)
        .describe('Who is told of decisions and outcomes, beside the sources themselves (`feedback`).'),
      log: log.prefault({}).describe('The log, on stderr.'),
    })
    .superRefine(fittingStores)
    .superRefine(knownClusters)
    .superRefine(knownPolicySource)
    .superRefine(authorityNames)
    .superRefine(knownSenders)
    .superRefine(knownAddress)
    .superRefine((spec, context) => {
      if (!spec.web.openReading || isLoopback(spec.listen.web.host)) return;
      addCustom(
        context,
        ['web', 'openReading'],
        'cannot be true while `listen.web` can be reached from other machines',
        'use a loopback address in listen.web, or remove openReading',
      );
    });
}

/**
 * The schema of the Config document. Each adapter brings the schema of its own entries.
 */
export function configSchema<Source extends SourceBase, Sink extends SinkBase>(adapters: AdapterSchemas<Source, Sink>) {
  return documentSchema('Config', specSchema(adapters).describe('The settings.'), {
    metadata: z
      .strictObject({ name: z.string().optional().describe('Any name.') })
      .optional()
      .describe('For people; not used.'),
  });
}

/** Keys of the Config that come with later versions. */
export const laterConfigKeys: Readonly<Record<string, string>> = {
  'spec.queue.postgres': 'with a journal in Postgres, use queue: { embedded: {} }: it works over that journal',
};

/** The spec of a Config as the program uses it: defaults filled in, paths absolute, durations in milliseconds. */
export type ConfigSpec<Source extends SourceBase, Sink extends SinkBase> = z.output<ReturnType<typeof specSchema<Source, Sink>>>;

interface TellingSpec {
  readonly clusters: readonly { readonly name: string }[];
  readonly tell: readonly SinkBase[];
}

function knownClusters({ clusters, tell }: TellingSpec, context: z.core.$RefinementCtx): void {
  const known = clusters.map(({ name }) => name);
  tell.forEach(({ flux }, index) => {
    if (flux === undefined || known.includes(flux.cluster)) return;
    const hint = known.length > 0 ? `one of: ${known.join(', ')}` : 'add it to spec.clusters';
    addCustom(context, ['tell', index, 'flux', 'cluster'], `\`${flux.cluster}\` is no configured cluster`, hint);
  });
}

interface LoginSpec {
  readonly listen: { readonly web: Address };
  readonly web: { readonly url?: string | undefined };
  readonly identity?: { readonly login?: unknown } | undefined;
}

/** Browsers come back from the issuer to an address that is registered there. */
function knownAddress({ listen: { web: address }, web: { url }, identity }: LoginSpec, context: z.core.$RefinementCtx): void {
  if (identity?.login === undefined || (url === undefined && isLoopback(address.host))) return;
  const path = ['web', 'url'];
  if (url === undefined)
    return addCustom(context, path, 'is missing', 'say under which address browsers reach the pages: `identity.login` needs it');
  const { protocol, hostname, pathname } = new URL(url);
  if (pathname !== '/') addCustom(context, path, 'has a path', 'with `identity.login` the pages have a host name of their own');
  if (protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''))) return;
  addCustom(
    context,
    path,
    'is not https',
    'whoever can read along could take over what people log in to: end TLS in front of the web listener',
  );
}

function distinctListeners(value: Readonly<Record<string, Address>>, context: z.core.$RefinementCtx): void {
  const taken = new Map<string, string>();
  for (const [name, { host, port }] of Object.entries(value)) {
    const key = `${host}:${port}`;
    const other = taken.get(key);
    if (other !== undefined && port !== 0)
      addCustom(context, [name], `is the address of \`${other}\` too`, 'each listener needs a port of its own');
    taken.set(key, name);
  }
}
