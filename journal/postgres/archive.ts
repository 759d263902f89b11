import type { CompiledQuery } from 'kysely';
import type { Clock } from '#core/clock.ts';
import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Archive, ChangeFilter, Page, PageRequest } from '#core/ports/journal.ts';
import type { Records } from '#core/ports/records.ts';
import type { ListName } from '#journal/cursor.ts';
import type { ListQueries } from '#journal/list-queries.ts';
import { pageSize, readPage, toPage, type Span } from '#journal/page.ts';
import { postgresBrought } from '#journal/postgres/brought.ts';
import { postgresLineage } from '#journal/postgres/lineage.ts';
import type { Reader, Rows } from '#journal/postgres/reader.ts';
import { postgresStories } from '#journal/postgres/stories.ts';
import {
  changeColumns,
  columnList,
  toChange,
  toDecision,
  toDelivery,
  toReconcile,
  toRecord,
  type ChangeRow,
  type DecisionRow,
  type DeliveryRow,
  type ReconcileRow,
  type RecordRow,
} from '#journal/rows.ts';

/** Reads for people: filtered pages here, single things in stories.ts. */
export function postgresArchive(reader: Reader, clock: Clock): Archive & Pick<Records, 'records'> {
  const pages = pageReader(reader, clock);
  const ofRef = refReader(reader);
  return {
    ...postgresStories(reader),
    ...postgresBrought(reader),
    ...postgresLineage(reader),
    deliveries: (filter, page) =>
      pages(
        { list: 'deliveries', table: 'delivery', filter, build: (queries, span, limit) => queries.deliveries(filter, span, limit) },
        page,
        (row: DeliveryRow) => toDelivery(row),
      ),
    changes: async (filter, page) =>
      (await ofRef(filter, page)) ??
      pages(
        { list: 'changes', table: 'change', filter, build: (queries, span, limit) => queries.changes(filter, span, limit) },
        page,
        (row: ChangeRow) => toChange(row),
      ),
    decisions: (filter, page) =>
      pages(
        { list: 'decisions', table: 'decision', filter, build: (queries, span, limit) => queries.decisions(filter, span, limit) },
        page,
        (row: DecisionRow) => toDecision(row),
      ),
    reconciles: (filter, page) =>
      pages(
        { list: 'reconciles', table: 'reconcile', filter, build: (queries, span, limit) => queries.reconciles(filter, span, limit) },
        page,
        (row: ReconcileRow) => toReconcile(row),
      ),
    records: (filter, page) =>
      pages(
        { list: 'records', table: 'record', filter, build: (queries, span, limit) => queries.records(filter, span, limit) },
        page,
        (row: RecordRow) => toRecord(row),
      ),
  };
}

export const archiveQueries = {
  changesOfRef: `SELECT ${columnList(changeColumns)} FROM change
    WHERE repository = $1 AND ref = $2 AND source = $3 ORDER BY seq DESC LIMIT $4`,
};

/** Answers the first page of the changes of one ref, undefined for any other question: every delivery asks it, and an index holds the answer in order. */
function refReader(reader: Rows) {
  return async (filter: ChangeFilter, { limit, cursor }: PageRequest): Promise<Page<Change> | undefined> => {
    const { source, repository, ref, ...others } = filter;
    if (source === undefined || repository === undefined || ref === undefined || cursor !== null) return undefined;
    if (!isAskable(filter) || Object.values(others).some((value) => value !== undefined)) return undefined;
    const wanted = pageSize(limit);
    const rows = await reader.rows<ChangeRow>(archiveQueries.changesOfRef, [repository, ref, source, wanted + 1]);
    return toPage('changes', rows, wanted, toChange);
  };
}

interface List {
  readonly list: ListName;
  readonly table: string;
  readonly filter: object;
  readonly build: (queries: ListQueries, span: Span, limit: number) => CompiledQuery;
}

/** Kysely costs 25 MB and 0.1 s to load: it is loaded with the first list. */
function pageReader(reader: Rows, clock: Clock) {
  let loading: Promise<ListQueries> | undefined;
  return async <R extends { readonly seq: number }, T>(
    { list, table, filter, build }: List,
    page: PageRequest,
    convert: (row: R) => T,
  ): Promise<Page<T>> => {
    loading ??= import('#journal/list-queries.ts').then(({ ListQueries }) => new ListQueries('postgres'));
    const queries = await loading;
    const last = async (): Promise<number> => {
      if (!isAskable(filter)) return 0;
      return (await reader.rows<{ last: number | null }>(`SELECT max(seq) AS last FROM ${table}`))[0]?.last ?? 0;
    };
    const read = (span: Span, limit: number): Promise<readonly R[]> => {
      const { sql, parameters } = build(queries, span, limit);
      return reader.rows<R>(sql, parameters);
    };
    return readPage({ list, last, read, quick: limits.postgres.quickSpan }, page, clock, convert);
  };
}

/** Postgres knows no text with U+0000 and refuses to be asked for it: nothing passes such a filter. */
function isAskable(filter: object): boolean {
  return !Object.values(filter).some((value) => typeof value === 'string' && value.includes('\0'));
}
