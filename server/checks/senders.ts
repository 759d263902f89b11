import type { IssuerConfig } from '#config/identity-schema.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';

/** Of the Config, as much as says whose tokens sources take. */
export interface SenderCheckConfig {
  readonly identity?:
    | { readonly audience: string; readonly issuers: readonly Pick<IssuerConfig, 'name' | 'url' | 'audiences' | 'serviceAccounts'>[] }
    | undefined;
  readonly sources: readonly { readonly name: string; readonly webhook?: object | undefined }[];
}

/** An entry of `webhook.tokens`. */
interface Sender {
  readonly issuer: string;
  readonly match: Readonly<Record<string, string | number | boolean>>;
}

/** Whether any token can be one of those that a source takes (`webhook.tokens`); nothing where it takes none. Nobody is asked. */
export function senderChecks(config: SenderCheckConfig): readonly Check[] {
  return config.sources.flatMap(({ name, webhook }) => {
    const about = `source ${name}`;
    const senders = sendersOf(webhook);
    return senders.length === 0
      ? []
      : [{ about, run: () => Promise.resolve(senders.map((sender) => senderFinding(config, about, sender))) }];
  });
}

function sendersOf(webhook: object | undefined): readonly Sender[] {
  return webhook && 'tokens' in webhook ? (webhook as { readonly tokens: readonly Sender[] }).tokens : [];
}

function senderFinding({ identity }: SenderCheckConfig, about: string, { issuer: called, match }: Sender): Finding {
  const who = `${String(match['sub'])} of issuer ${called}`;
  const issuer = identity?.issuers.find(({ name }) => name === called);
  if (!identity || !issuer) return finding('SOURCE_SENDER', about, 'bad', `tokens of ${who}: that issuer is not in spec.identity.issuers`);
  const audiences = issuer.audiences.length > 0 ? issuer.audiences : [identity.audience];
  const never = whyNever(issuer, audiences, match);
  if (never !== undefined) return finding('SOURCE_SENDER', about, 'bad', `tokens of ${who}: none can match, ${never}`);
  return finding('SOURCE_SENDER', about, 'good', `takes what ${who} sends with a token for ${audiences.join(' or ')}`);
}

/** Other values in each token, or in none that is of use. */
const ofOneToken = ['exp', 'iat', 'nbf', 'jti'] as const;

/** Claims that no token of the issuer has when it is believed (identity/check-claims.ts). */
function whyNever(
  { url, serviceAccounts }: Pick<IssuerConfig, 'url' | 'serviceAccounts'>,
  audiences: readonly string[],
  match: Sender['match'],
): string | undefined {
  const { sub, iss, aud } = match;
  const isAccount = /^system:serviceaccount:[a-z0-9-]{1,63}:[a-z0-9.-]{1,253}$/.test(String(sub));
  if (serviceAccounts && !isAccount) return 'because `sub` of its tokens is `system:serviceaccount:NAMESPACE:NAME`';
  if (!serviceAccounts && String(sub).toLowerCase().startsWith('system:'))
    return 'because `sub` begins with `system:`, which is taken of clusters alone';
  if (iss !== undefined && url !== '' && iss !== url) return `because \`iss\` of its tokens is ${url}`;
  if (aud !== undefined && serviceAccounts) return 'because `aud` of its tokens is a list; leave it out, it is verified in any case';
  if (aud !== undefined && !audiences.includes(String(aud))) return `because \`aud\` has to be ${audiences.join(' or ')}`;
  const passing = ofOneToken.find((claim) => Object.hasOwn(match, claim));
  return passing && `because \`${passing}\` is another one in each token`;
}
