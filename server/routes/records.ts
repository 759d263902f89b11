import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { recordKinds, type ChainRecord, type RecordFilter, type Records } from '#core/ports/records.ts';
import { filterText, momentSchema, sinceParameter } from '#server/query.ts';
import { isAsked, type Listed } from '#server/routes/listing.ts';

/** `GET /v1/records[/{id}]`: the evidence chain. */
export function records(journal: Pick<Records, 'records' | 'record'>, clock: Clock): Listed<ChainRecord, RecordFilter> {
  return {
    path: 'records',
    kind: 'record',
    filters: z.object({
      kind: z.enum(recordKinds).exactOptional(),
      change: filterText,
      decision: filterText,
      target: filterText,
      since: sinceParameter(clock),
      until: momentSchema(clock).exactOptional(),
    }),
    list: (filter, page) => journal.records(filter, page),
    find: (id) => journal.record(id),
    fits: ({ record }, { kind, since, until, ...fields }) =>
      isAsked(kind, record.kind) &&
      record.at >= (since ?? 0) &&
      record.at < (until ?? Number.POSITIVE_INFINITY) &&
      Object.entries(fields).every(([name, value]) => isAsked(value, record[name])),
  };
}
