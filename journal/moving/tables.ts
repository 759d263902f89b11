/** A row as a table of SQLite holds it. */
export type Row = Readonly<Record<string, unknown>>;

export interface MovedTable {
  readonly name: string;
  /** Whether rows have positions that the journal gives out and never again. */
  readonly positions: boolean;
  /** What the table of Postgres has beside the same columns, or otherwise. */
  readonly more?: (row: Row) => Row;
}

/**
 * What of a journal is moved, in an order in which nothing refers to what comes later. Leases are void, and what was deferred is due: both were counted
 * on a clock that ended with the process. Counts and the beginning of the chain are moved apart (load.ts).
 */
export const movedTables: readonly MovedTable[] = [
  { name: 'delivery', positions: true, more: () => ({ due: 0 }) },
  { name: 'body', positions: false },
  { name: 'change', positions: true },
  { name: 'decision', positions: true, more: ({ document }) => searchedInDecision(String(document)) },
  {
    name: 'reconcile',
    positions: true,
    more: ({ published }) => ({ published_digest: typeof published === 'string' ? digestIn(published) : null }),
  },
  { name: 'brought', positions: false },
  { name: 'lease', positions: false, more: () => ({ expires: 0 }) },
  { name: 'news', positions: true },
  { name: 'sink', positions: false },
  { name: 'person', positions: false },
  { name: 'applied', positions: false },
  { name: 'record', positions: false },
];

function searchedInDecision(document: string): Row {
  const { facts, wouldBe } = JSON.parse(document) as { readonly facts?: { readonly base?: unknown }; readonly wouldBe?: unknown };
  return { base: textOrNull(facts?.base), would_be: textOrNull(wouldBe) };
}

function digestIn(published: string): string | null {
  return textOrNull((JSON.parse(published) as { readonly digest?: unknown }).digest);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
