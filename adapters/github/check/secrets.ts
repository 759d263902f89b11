import { secretFinding } from '#config/check-secret.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { finding, type Finding } from '#core/finding.ts';
import type { ReadSecret } from '../credentials.ts';
import type { GithubSource } from '../schema.ts';

export interface SecretsQuestion {
  readonly source: GithubSource;
  readonly about: string;
  readonly now: number;
  readonly secret: ReadSecret;
}

/** Each secret that a source names, and what it would do without. */
export function secretFindings({ source, about, now, secret }: SecretsQuestion): readonly Finding[] {
  const { api, webhook } = source;
  const look = (what: string, ref: SecretRef): Finding => secretFinding({ about, what, ref, now, read: secret });
  return [
    ...webhook.secrets.map((ref) => look('webhook secret', ref)),
    ...(api?.token ? [look('API token', api.token)] : []),
    ...(api?.app ? [look("the App's key", api.app.key)] : []),
  ];
}

/** How its changes are confirmed, which is what a policy may rest on. */
export function readBackFinding(by: 'api' | 'git' | 'none', about: string): Finding {
  if (by === 'api') return finding('SOURCE_READ_BACK', about, 'good', 'github; changes are confirmed by its API');
  if (by === 'git')
    return finding('SOURCE_READ_BACK', about, 'good', 'github; changes are confirmed by git: reviews and checks are not known');
  return finding('SOURCE_READ_BACK', about, 'warning', 'github; changes are not confirmed: there are no credentials to read them back');
}
