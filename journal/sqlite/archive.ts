import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { CompiledQuery } from 'kysely';
import type { Clock } from '#core/clock.ts';
import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Archive, ChangeFilter, Page, PageRequest } from '#core/ports/journal.ts';
import type { Records } from '#core/ports/records.ts';
import type { ListName } from '#journal/cursor.ts';
import { sqliteBrought } from '#journal/sqlite/brought.ts';
import { sqliteLineage } from '#journal/sqlite/lineage.ts';
import { pageSize, readPage, toPage, type Span } from '#journal/page.ts';
import type { ListQueries } from '#journal/list-queries.ts';
import { sqliteStories } from '#journal/sqlite/stories.ts';
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

type Build = (queries: ListQueries, span: Span, limit: number) => CompiledQuery;

/** Reads for people: filtered pages here, single things in stories.ts. */
export function sqliteArchive(reader: DatabaseSync, clock: Clock): Archive & Pick<Records, 'records'> {
  const pages = pageReader(reader, clock);
  const ofRef = refReader(reader);
  return {
    ...sqliteStories(reader),
    ...sqliteBrought(reader),
    ...sqliteLineage(reader),
    deliveries: (filter, page) =>
      pages(
        'deliveries',
        'delivery',
        page,
        (queries, span, limit) => queries.deliveries(filter, span, limit),
        (row: DeliveryRow) => toDelivery(row),
      ),
    changes: async (filter, page) =>
      ofRef(filter, page) ??
      pages(
        'changes',
        'change',
        page,
        (queries, span, limit) => queries.changes(filter, span, limit),
        (row: ChangeRow) => toChange(row),
      ),
    decisions: (filter, page) =>
      pages(
        'decisions',
        'decision',
        page,
        (queries, span, limit) => queries.decisions(filter, span, limit),
        (row: DecisionRow) => toDecision(row),
      ),
    reconciles: (filter, page) =>
      pages(
        'reconciles',
        'reconcile',
        page,
        (queries, span, limit) => queries.reconciles(filter, span, limit),
        (row: ReconcileRow) => toReconcile(row),
      ),
    records: (filter, page) =>
      pages(
        'records',
        'record',
        page,
        (queries, span, limit) => queries.records(filter, span, limit),
        (row: RecordRow) => toRecord(row),
      ),
  };
}

export const archiveQueries = {
  changesOfRef: `SELECT ${columnList(changeColumns)} FROM change INDEXED BY change_ref
    WHERE repository = ? AND ref = ? AND source = ? ORDER BY seq DESC LIMIT ?`,
};

/**
 * Answers the first page of the changes of one ref, undefined for any other question. Every delivery, reconcile and outcome asks
 * it, and an index holds the answer in order: looking through spans of positions took a quarter of a busy server's time.
 */
function refReader(reader: DatabaseSync) {
  const newest = reader.prepare(archiveQueries.changesOfRef);
  return (filter: ChangeFilter, { limit, cursor }: PageRequest): Page<Change> | undefined => {
    const { source, repository, ref, ...others } = filter;
    if (source === undefined || repository === undefined || ref === undefined || cursor !== null) return undefined;
    if (Object.values(others).some((value) => value !== undefined)) return undefined;
    const wanted = pageSize(limit);
    const rows = newest.all(repository, ref, source, wanted + 1) as unknown as ChangeRow[];
    return toPage('changes', rows, wanted, toChange);
  };
}

/** Kysely costs 25 MB and 0.1 s to load: it is loaded with the first list. */
function pageReader(reader: DatabaseSync, clock: Clock) {
  let loading: Promise<ListQueries> | undefined;
  return async <R extends { readonly seq: number }, T>(
    list: ListName,
    table: string,
    page: PageRequest,
    build: Build,
    convert: (row: R) => T,
  ): Promise<Page<T>> => {
    loading ??= import('#journal/list-queries.ts').then(({ ListQueries }) => new ListQueries('sqlite'));
    const queries = await loading;
    const last = (): number => Number(reader.prepare(`SELECT max(seq) AS last FROM ${table}`).get()?.['last'] ?? 0);
    const read = (span: Span, limit: number): readonly R[] => {
      const { sql, parameters } = build(queries, span, limit);
      return reader.prepare(sql).all(...(parameters as readonly SQLInputValue[])) as unknown as R[];
    };
    return readPage({ list, last, read, quick: limits.journal.spanMs }, page, clock, convert);
  };
}
