import { z } from 'zod';
import { duration } from '#config/duration.ts';
import { issuerPresetNames, issuerPresets, type IssuerPreset, type IssuerPresetName } from '#config/issuer-presets.ts';
import { loginSchema } from '#config/login-schema.ts';
import { name, uniqueNames } from '#config/name.ts';
import { isLoopback } from '#config/network.ts';
import { jwtAlgorithms, type JwtAlgorithm } from '#core/jwt-algorithms.ts';
import { limits } from '#core/limits.ts';

const audience = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be up to 255 visible ASCII characters')
  .describe('What tokens must be issued for.');

const issuerFields = z.strictObject({
  name: name.describe('How the issuer is called in policies, decisions, logs and metrics.'),
  preset: z
    .enum(issuerPresetNames)
    .optional()
    .describe('What kind of issuer it is: fills in algorithms and lifetime, and the URL where there is but one.'),
  url: z
    .string()
    .max(limits.url.chars)
    .optional()
    .describe('The issuer, exactly as `iss` in its tokens has it. Its keys are found by OpenID Connect Discovery under this address.'),
  cluster: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Name of a cluster of `spec.clusters` that is asked about each token (TokenReview): its service accounts are then subjects. Nothing is asked of `url`.',
    ),
  algorithms: z.array(z.enum(jwtAlgorithms)).min(1).optional().describe('Algorithms that it may sign with. Default: RS256, ES256.'),
  audiences: z
    .array(audience)
    .min(1)
    .optional()
    .describe(
      'Audiences that its tokens may name, in place of `identity.audience`. One that names several is taken only if all are listed here.',
    ),
  tokens: z
    .enum(['id', 'access'])
    .default('id')
    .describe('Which of its tokens are taken: `id` (`typ` is JWT or absent), or `access` (`typ` is at+jwt, RFC 9068). Never both.'),
  jwks: z
    .strictObject({ file: z.string().min(1).describe("Path of a JSON Web Key Set; relative to the config file's directory.") })
    .optional()
    .describe('Keys from a file, read again when it changes, where the issuer cannot be reached. Then nothing is fetched.'),
  maxLifetime: duration
    .optional()
    .describe('Tokens that are issued for longer (`exp` - `iat`) are refused. Default: 15m, or that of the preset; at most 24h.'),
  internal: z
    .boolean()
    .default(false)
    .describe('Lets keys be fetched from private addresses, and by http. Only for issuers in a network of your own.'),
});

type IssuerFields = z.output<typeof issuerFields>;

/** One entry of `spec.identity.issuers`, defaults filled in. Times in milliseconds. */
export interface IssuerConfig extends Pick<IssuerFields, 'name' | 'tokens' | 'internal' | 'jwks'> {
  readonly preset: IssuerPresetName | null;
  readonly url: string;
  /** The cluster that is asked whose a token is; null where its keys say so. */
  readonly cluster: string | null;
  readonly algorithms: readonly JwtAlgorithm[];
  /** Empty: `identity.audience` is meant. */
  readonly audiences: readonly string[];
  readonly maxLifetime: number;
  readonly serviceAccounts: boolean;
}

const issuer = issuerFields.superRefine(checkUrl).superRefine(checkCluster).superRefine(checkLifetime).transform(withDefaults);

function withDefaults({ name: called, preset, tokens, internal, jwks, ...given }: IssuerFields): IssuerConfig {
  const known = knownOf(preset, given.cluster);
  return {
    name: called,
    preset: preset ?? null,
    cluster: given.cluster ?? null,
    tokens,
    internal,
    jwks,
    url: given.url ?? known.url ?? '',
    algorithms: given.algorithms ?? known.algorithms,
    audiences: given.audiences ?? [],
    maxLifetime: given.maxLifetime ?? known.maxLifetime ?? limits.identity.lifetime,
    serviceAccounts: known.serviceAccounts ?? false,
  };
}

/** With which algorithm a cluster signs is for it to judge. */
function knownOf(preset: IssuerPresetName | undefined, cluster: string | undefined): IssuerPreset {
  if (cluster !== undefined) return { ...issuerPresets.kubernetes, algorithms: jwtAlgorithms };
  return preset === undefined ? { algorithms: ['RS256', 'ES256'] } : issuerPresets[preset];
}

/** `spec.identity`. */
export const identitySchema = z
  .strictObject({
    audience: audience.describe('The audience that tokens must name: a URL of this Headgate, which no other service accepts.'),
    issuers: z
      .array(issuer)
      .min(1)
      .superRefine(uniqueNames)
      .superRefine(tellApart)
      .describe('Whose tokens are believed. One that is not listed here is never asked for anything.'),
    login: loginSchema.optional().describe('How people log in to the pages, with a browser. Absent = by `headgate open` alone.'),
  })
  .superRefine(knownIssuer);

export type IdentityConfig = z.output<typeof identitySchema>;

interface WithLogin {
  readonly issuers: readonly Pick<IssuerConfig, 'name' | 'jwks' | 'cluster'>[];
  readonly login?: { readonly issuer: string } | undefined;
}

/** Where people log in the issuer is asked in any case. */
function knownIssuer({ issuers, login }: WithLogin, context: z.core.$RefinementCtx): void {
  if (login === undefined) return;
  const issuer = issuers.find(({ name: called }) => called === login.issuer);
  const path = ['login', 'issuer'];
  if (issuer === undefined)
    refuse(
      context,
      path,
      `\`${login.issuer}\` is no issuer of this list`,
      `one of: ${issuers.map(({ name: called }) => called).join(', ')}`,
    );
  else if (issuer.jwks !== undefined || issuer.cluster !== null)
    refuse(
      context,
      path,
      `\`${login.issuer}\` is never asked for anything`,
      'to log in it has to be reached: one without `jwks` and `cluster`',
    );
}

function checkUrl({ preset, url, internal, jwks, cluster }: IssuerFields, context: z.core.$RefinementCtx): void {
  const known: IssuerPreset | undefined = preset && issuerPresets[preset];
  if (url === undefined) {
    if (known?.url === undefined) refuse(context, [], 'needs a `url`', 'the issuer, exactly as `iss` in its tokens has it');
    return;
  }
  if (known?.url !== undefined && url !== known.url)
    return refuse(
      context,
      ['url'],
      `is always ${known.url} for preset ${preset}`,
      'leave `url` out; for a server of your own leave `preset` out',
    );
  if (!isIssuerUrl(url))
    return refuse(
      context,
      ['url'],
      `cannot be \`${url}\``,
      'an address such as https://login.example.com, without credentials, query or fragment',
    );
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || internal || jwks !== undefined || cluster !== undefined || isLoopback(hostname.replace(/^\[|\]$/g, '')))
    return;
  refuse(context, ['url'], 'is not https', 'whoever can change what comes over http can sign in as anybody; or set `internal: true`');
}

function isIssuerUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && !/[?#\s]/.test(text);
}

function checkLifetime({ maxLifetime }: IssuerFields, context: z.core.$RefinementCtx): void {
  if (maxLifetime === undefined || maxLifetime <= limits.identity.lifetimeMax) return;
  refuse(
    context,
    ['maxLifetime'],
    'is longer than 24h',
    'a stolen token is good for as long as it lives; have the issuer make shorter ones',
  );
}

/** What finds out whether a token is genuine, or says how: of a cluster it is the cluster. */
function checkCluster(fields: IssuerFields, context: z.core.$RefinementCtx): void {
  if (fields.cluster === undefined) return;
  const hint = 'leave it out: the cluster itself is asked about each token; or leave out `cluster`';
  if (fields.preset !== undefined && fields.preset !== 'kubernetes') refuse(context, ['preset'], 'does not go with `cluster`', hint);
  for (const key of ['jwks', 'algorithms'] as const)
    if (fields[key] !== undefined) refuse(context, [key], 'does not go with `cluster`', hint);
  if (fields.tokens !== 'id') refuse(context, ['tokens'], 'does not go with `cluster`', hint);
  if (fields.internal) refuse(context, ['internal'], 'does not go with `cluster`', hint);
}

interface Told {
  readonly url: string;
  readonly cluster: string | null;
  readonly audiences: readonly string[];
}

/**
 * A token says by its `iss` whose it is. Clusters may share one (`https://kubernetes.default.svc`): then its `aud` says which is meant, so that
 * no cluster is ever shown a token that is meant for another.
 */
function tellApart(issuers: readonly Told[], context: z.core.$RefinementCtx): void {
  issuers.forEach((one, index) => {
    const same = issuers.slice(0, index).filter(({ url }) => url !== '' && url === one.url);
    if (same.some(({ cluster }) => cluster === null) || (same.length > 0 && one.cluster === null))
      refuse(context, [index, 'url'], `\`${one.url}\` is taken by an earlier entry`, 'a token says by its `iss` alone whose it is');
    else if (same.some((other) => !isApart(one, other)))
      refuse(
        context,
        [index, 'url'],
        `\`${one.url}\` is that of an earlier entry too, and their audiences do not tell them apart`,
        'give each of them `audiences` that no other has: by them it is known which cluster to ask',
      );
  });
}

function isApart(one: Told, other: Told): boolean {
  return one.audiences.length > 0 && other.audiences.length > 0 && !one.audiences.some((audience) => other.audiences.includes(audience));
}

function refuse(context: z.core.$RefinementCtx, path: PropertyKey[], message: string, hint: string): void {
  context.addIssue({ code: 'custom', path, message, params: { hint } });
}
