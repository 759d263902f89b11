import type { SecretRef } from '#config/secret-ref.ts';
import { SecretStore, type SecretStoreOptions } from '#config/secret-store.ts';

interface WithSecrets {
  readonly webhook: { readonly secrets: readonly SecretRef[] };
}

interface WithTokens {
  /** Who may show a token instead: where there is somebody, no secret is needed. */
  readonly tokens?: readonly object[] | undefined;
}

/** Of a Config, as much as says which secrets it needs from the start. */
export interface NeedingSecrets {
  readonly sources: readonly { readonly webhook?: (WithSecrets['webhook'] & WithTokens) | undefined }[];
  readonly tell: readonly { readonly webhook?: WithSecrets['webhook'] | undefined }[];
  readonly records: { readonly anchors: readonly WithSecrets[] };
}

/**
 * Every source that takes webhooks must have a live secret at the start: without one, and without senders who show tokens, it could accept nothing. So must whatever is told by webhook, and every anchor.
 * @throws HeadgateError SECRET_UNAVAILABLE
 */
export function openSecrets(config: NeedingSecrets, options: SecretStoreOptions): SecretStore {
  const secrets = new SecretStore(options);
  for (const { webhook } of config.sources) if (webhook && needsSecret(webhook)) secrets.requireAny(webhook.secrets);
  for (const { webhook } of config.tell) if (webhook) secrets.requireAny(webhook.secrets);
  for (const { webhook } of config.records.anchors) secrets.requireAny(webhook.secrets);
  return secrets;
}

function needsSecret({ secrets, tokens = [] }: WithSecrets['webhook'] & WithTokens): boolean {
  return secrets.length > 0 || tokens.length === 0;
}
