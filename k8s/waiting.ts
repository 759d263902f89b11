import type { FluxObject } from './flux-object.ts';
import { type Verdict, verdict, verdictBy } from './verdict.ts';

/** Reasons of Ready=False that say "not yet" rather than "no". */
const patientReasons: ReadonlySet<string> = new Set(['DependencyNotReady', 'SourceNotReady', 'HealthCheckCanceled']);

export function isPatient({ ready }: FluxObject): boolean {
  return ready !== null && patientReasons.has(ready.reason);
}

/** Not known yet; what Flux says it is doing (a health check, a dependency) is the message. */
export function waiting(consumer: FluxObject): Verdict {
  const { ready, reconciling } = consumer;
  if (isPatient(consumer)) return verdictBy(null, ready);
  return verdict(null, reconciling?.reason ?? 'not-started', reconciling?.message ?? null);
}
