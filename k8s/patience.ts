import { limits } from '#core/limits.ts';
import type { FluxObject } from './flux-object.ts';

/** How long the source and then its slowest consumer may take by their own timeouts, within limits.outcome; milliseconds. */
export function patience(source: FluxObject, consumers: readonly FluxObject[]): number {
  const { minDeadline, maxDeadline } = limits.outcome;
  const own = source.timeout + Math.max(0, ...consumers.filter(({ suspended }) => !suspended).map(({ timeout }) => timeout));
  return Math.min(maxDeadline, Math.max(minDeadline, own));
}
