import type { Clock } from '#core/clock.ts';
import type { Delivery, Hint } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';

interface Announced extends Pick<Delivery, 'kind' | 'receivedAt'> {
  readonly hint: Hint;
}

/**
 * Whether a source may still be about to show what it announced: replicas, caches and indexes lag behind the news of it. What is asked for, and
 * what is told again, was announced long ago.
 */
export function isFresh(clock: Clock, { receivedAt, hint }: Announced): boolean {
  return hint.action !== 'requested' && !hint.again && clock.now() - receivedAt < limits.readBack.lagFor;
}

/** Until a source that lags is asked again, milliseconds: about as long again as it has been waited for. @param age since it was announced */
export function lagStep(clock: Clock, age: number): number {
  const { least, most } = limits.readBack.lagStep;
  return Math.min(most, Math.max(least, age)) * (0.75 + clock.random() / 2);
}
