import { renderTable, type Cell } from '../table.ts';
import { indented, printable } from '../text.ts';
import type { View } from '../view.ts';
import type { NamespaceAccess } from './access-schema.ts';

type SourceRights = NamespaceAccess['sourceRights'][number];
type PersonRights = SourceRights['rights'][number];

/** What a source itself lets accounts do with the refs that are followed, and below it why something is not known. */
export function rightsLines({ source, rights, unavailable, left }: SourceRights, { style, width }: View): readonly string[] {
  const said = (text: string): readonly string[] => indented(printable(`► ${text}`), 0, width);
  if (unavailable !== null) return said(`what ${source} lets accounts do is not known: ${unavailable}`);
  if (rights.length === 0)
    return said(`what ${source} lets accounts do was not asked: the policies name no person with an account there; --account NAME asks`);
  const notes = [...new Set(rights.flatMap(notesOf))];
  const room = width === null ? null : Math.max(24, width - 2);
  return [
    ...renderTable(
      [`ACCOUNT AT ${source.toUpperCase()}`, 'PROJECT AND REF', 'READ', 'PUSH PAST REVIEW', 'SUBMIT'],
      rights.map(rowOf),
      style,
      room,
    ),
    ...notes.flatMap(said),
    ...(left === 0 ? [] : said(`accounts that were not asked about, because they are too many: ${left}`)),
  ];
}

function rowOf({ account, name, person, repository, ref, read, push, submit }: PersonRights): readonly Cell[] {
  const who = `${name} (${account})${person === null ? '' : ` = ${person}`}`;
  const cells = [who, `${repository} ${ref}`].map((text): Cell => ({ text: printable(text) }));
  return [...cells, ...[read, push, submit].map(({ answer }) => answerCell(answer))];
}

function answerCell(answer: string): Cell {
  return answer === 'unknown' ? { text: answer, look: 'warn' } : { text: printable(answer) };
}

function notesOf({ name, ref, read, push, submit }: PersonRights): readonly string[] {
  const of = { read, push, submit };
  return Object.entries(of).flatMap(([right, { answer, why }]) => (why === null ? [] : [`${name} ${right} ${ref}: ${answer}, ${why}`]));
}
