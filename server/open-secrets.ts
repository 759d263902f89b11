import type { SecretRef } from '#config/secret-ref.ts';
import { SecretStore, type SecretStoreOptions } from '#config/secret-store.ts';

interface WithSecrets {
  readonly webhook: { readonly secrets: readonly SecretRef[] };
}

/** Of a Config, as much as says which secrets it needs from the start. */
export interface NeedingSecrets {
  readonly sources: readonly { readonly webhook?: WithSecrets['webhook'] | undefined }[];
  readonly tell: readonly { readonly webhook?: WithSecrets['webhook'] | undefined }[];
  readonly records: { readonly anchors: readonly WithSecrets[] };
}

/**
 * Every source that takes webhooks must have a live secret at the start: without one it could accept nothing. So must whatever is told by webhook, and every anchor.
 * @throws HeadgateError SECRET_UNAVAILABLE
 */
export function openSecrets(config: NeedingSecrets, options: SecretStoreOptions): SecretStore {
  const secrets = new SecretStore(options);
  for (const { webhook } of config.sources) if (webhook) secrets.requireAny(webhook.secrets);
  for (const { webhook } of config.tell) if (webhook) secrets.requireAny(webhook.secrets);
  for (const { webhook } of config.records.anchors) secrets.requireAny(webhook.secrets);
  return secrets;
}
