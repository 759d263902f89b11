import type { Clock } from '#core/clock.ts';
import type { Asking, GerritClient } from '../rest/client.ts';
import type { GerritSource } from '../schema.ts';

/** What every part of the check is asked with. */
export interface GerritQuestion {
  readonly source: GerritSource;
  readonly client: GerritClient;
  readonly clock: Clock;
  readonly about: string;
  readonly asking: Asking;
}
