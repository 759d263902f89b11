import { secretFinding } from '#config/check-secret.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { finding, type Finding } from '#core/finding.ts';
import type { GerritSource } from '../schema.ts';

export interface SecretsQuestion {
  readonly source: GerritSource;
  readonly about: string;
  readonly now: number;
  /** @throws HeadgateError SECRET_UNAVAILABLE */
  readonly secret: (ref: SecretRef) => Buffer;
}

/** Each secret that the source names, and what it would do without. */
export function secretFindings({ source: { webhook, http }, about, now, secret }: SecretsQuestion): readonly Finding[] {
  const look = (what: string, ref: SecretRef): Finding => secretFinding({ about, what, ref, now, read: secret });
  return [...(webhook?.secrets ?? []).map((ref) => look('webhook secret', ref)), ...(http ? [look('HTTP token', http.token)] : [])];
}

/** How its changes are confirmed, which is what a policy may rest on. */
export function readBackFinding(by: 'api' | 'none', about: string): Finding {
  if (by === 'api') return finding('SOURCE_READ_BACK', about, 'good', 'gerrit; changes are confirmed by its REST API and git over HTTP');
  const mend = 'Add `http: { user: …, token: { file: … } }` to the source: docs/how-to/gerrit.md.';
  return finding('SOURCE_READ_BACK', about, 'warning', 'gerrit; changes are not confirmed: there are no credentials to read them back', {
    mend,
  });
}
