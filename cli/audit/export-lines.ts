import { z } from 'zod';
import type { ExportedLink } from '#server/audit-offline.ts';

const text = z.string().nullish();

const moment = z
  .number()
  .transform((at) => new Date(at).toISOString())
  .nullish();

/** What a table shows of a record. */
const row = z.object({
  seq: z.number(),
  at: z.number().transform((at) => new Date(at).toISOString()),
  kind: z.string(),
  cluster: text,
  beganAt: moment,
  endedAt: moment,
  target: text,
  change: text,
  decision: text,
  reconcile: text,
  verdict: text,
  rule: text,
  outcome: text,
  reason: text,
  revision: text,
  brought: z.array(z.object({ change: z.string(), reverts: z.number().nullish(), submittedAt: moment })).nullish(),
  facts: z.object({ source: text, repository: text, ref: text, revision: text, actors: z.array(z.string()).nullish() }).nullish(),
});

type Row = z.output<typeof row>;

const columns: readonly (readonly [name: string, cell: (row: Row) => string | number | null | undefined])[] = [
  ['seq', ({ seq }) => seq],
  ['at', ({ at }) => at],
  ['kind', ({ kind }) => kind],
  ['source', ({ facts }) => facts?.source],
  ['repository', ({ facts }) => facts?.repository],
  ['ref', ({ facts }) => facts?.ref],
  ['revision', ({ revision, facts }) => revision ?? facts?.revision],
  ['actors', ({ facts }) => facts?.actors?.join('; ')],
  ['target', ({ target }) => target],
  ['cluster', ({ cluster }) => cluster],
  ['from', ({ beganAt }) => beganAt],
  ['until', ({ endedAt }) => endedAt],
  ['verdict', ({ verdict }) => verdict],
  ['rule', ({ rule }) => rule],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['change', ({ change }) => change],
  ['decision', ({ decision }) => decision],
  ['reconcile', ({ reconcile }) => reconcile],
  ['brought', ({ brought }) => brought?.map(sayBrought).join('; ')],
];

export const csvHeader = [...columns.map(([name]) => name), 'hash'].join(',');

/** A change of a review system, when it was submitted, and what it reverts. */
function sayBrought({ change, reverts, submittedAt }: NonNullable<Row['brought']>[number]): string {
  const parts = [change, ...(submittedAt ? [`submitted ${submittedAt}`] : []), ...(reverts ? [`reverts ${reverts}`] : [])];
  return parts.join(' ');
}

/** What references to people mean. */
type Names = ReadonlyMap<string, string>;

const reference = /person:[0-9a-f]{32}/g;

/** The record as it is stored, so that SHA-256 over the text of `record` is `hash`; the people that it refers to stand beside it. */
export function jsonLine({ hash, document }: ExportedLink, names: Names): string {
  const known = (document.match(reference) ?? []).filter((one) => names.has(one));
  const people = Object.fromEntries(known.map((one) => [one, names.get(one)]));
  return `{"hash":"${hash}","record":${document}${names.size === 0 ? '' : `,"names":${JSON.stringify(people)}`}}`;
}

/** @throws SyntaxError, ZodError for what is no record: verify the chain first */
export function csvLine({ hash, document }: ExportedLink, names: Names): string {
  const record = row.parse(JSON.parse(document));
  return [...columns.map(([, cell]) => field(named(cell(record), names))), hash].join(',');
}

function named<T>(value: T, names: Names): T | string {
  return typeof value === 'string' ? value.replaceAll(reference, (one) => names.get(one) ?? one) : value;
}

/** RFC 4180; what a spreadsheet would take for a formula gets an apostrophe, because names come from anybody. */
function field(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : (value ?? '');
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
