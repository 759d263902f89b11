import type { z } from 'zod';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { inputSchema } from '#config/schema-keys.ts';
import { changes } from '#server/routes/changes.ts';
import { decisions } from '#server/routes/decisions.ts';
import { deliveries } from '#server/routes/deliveries.ts';
import { records } from '#server/routes/records.ts';
import { reconciles } from '#server/routes/reconciles.ts';

/** A list of the API with the filters that its route knows. */
export interface ApiList {
  readonly path: string;
  readonly filters: readonly { readonly name: string; readonly values: readonly string[] }[];
}

/** The lists that the journal feeds, read from the routes themselves. */
export function apiLists(): readonly ApiList[] {
  const clock = new SimulatedClock();
  const lists = [
    deliveries(nothing, clock),
    changes(nothing, clock),
    decisions(nothing, clock),
    reconciles(nothing, clock),
    records(nothing, clock),
  ];
  return lists.map(({ path, filters }) => ({ path, filters: filtersOf(filters) }));
}

function filtersOf(filters: z.ZodType): ApiList['filters'] {
  return Object.entries(inputSchema(filters).properties ?? {}).map(([name, schema]) => ({ name, values: (schema.enum ?? []).map(String) }));
}

/** The routes are described, never asked. */
const nothing = {
  deliveries: unasked,
  delivery: unasked,
  changes: unasked,
  story: unasked,
  decisions: unasked,
  decision: unasked,
  reconciles: unasked,
  reconcile: unasked,
  records: unasked,
  record: unasked,
};

function unasked(): Promise<never> {
  return Promise.reject(new Error('there is no journal behind the documentation'));
}
