import { secretFinding } from '#config/check-secret.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { SecretStore } from '#config/secret-store.ts';
import type { Clock } from '#core/clock.ts';
import type { Check } from '#core/finding.ts';
import { silentLog } from '#core/ports/telemetry.ts';

/** Of `spec.tell[]`, as much as says which secrets it needs. */
export interface Telling {
  readonly name: string;
  readonly webhook?: { readonly secrets: readonly SecretRef[] } | undefined;
}

/** The secrets that news are signed with. */
export function tellSecretsCheck(tell: readonly Telling[], clock: Clock, env: Readonly<Record<string, string | undefined>>): Check {
  const secrets = new SecretStore({ clock, env: (name) => env[name], log: silentLog });
  const read = secrets.requireSecret.bind(secrets);
  const look = (ref: SecretRef) => secretFinding({ about: 'sinks', what: 'signing secret', ref, now: clock.now(), read });
  return { about: 'sinks', run: () => Promise.resolve(tell.flatMap(({ webhook }) => (webhook?.secrets ?? []).map(look))) };
}
