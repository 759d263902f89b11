import { renderTable, type Cell } from '../table.ts';
import { indented, printable } from '../text.ts';
import type { View } from '../view.ts';
import { rightsLines } from './access-rights.ts';
import type { NamespaceAccess } from './access-schema.ts';

/** The matrix of one namespace of one cluster, for people: who may, what is written through which object, and what stands open. */
export function accessLines(access: NamespaceAccess, view: View): readonly string[] {
  const { style, width } = view;
  const mark = access.covered ? style.good('✔') : style.bad('✗');
  return [
    `${mark} ${style.bold(printable(`${access.cluster}/${access.namespace}`))}: ${printable(access.summary)}`,
    ...indented(printable(termsOf(access)), 2, width),
    ...tableOf(ruleHeaders, access.policies.flatMap(ruleRows), view),
    ...tableOf(targetHeaders, access.targets.map(targetRow), view),
    ...access.unbounded.flatMap(({ kind, name, namespace }) =>
      indented(printable(`► may write here too: ${kind}/${name} in ${namespace}, which no service account bounds`), 2, width),
    ),
    ...access.sourceRights.flatMap((rights) => rightsLines(rights, view).map((line) => `  ${line}`)),
  ];
}

function termsOf({ mode, enforcement, secondAuthority, clusterState }: NamespaceAccess): string {
  const authority = secondAuthority === 'off' ? 'off' : `the cluster is asked about whoever asks; ${secondAuthority}`;
  const level = mode === null ? [] : [`mode ${mode}`, `enforcement ${enforcement}`];
  const state =
    clusterState === 'synced' ? [] : [clusterState === 'elsewhere' ? 'not a configured cluster' : `the cluster is ${clusterState}`];
  return [...level, `second authority: ${authority}`, ...state].join('; ');
}

const ruleHeaders = ['RULE', 'SOURCE', 'REPOSITORIES', 'REFS', 'CONFIRMED', 'PUSHED BY', 'AND ALL OF'];

function ruleRows({ changes, needs }: NamespaceAccess['policies'][number]): readonly (readonly Cell[])[] {
  const also = needs.length === 0 ? 'nothing else' : needs.join('; ');
  return changes.map(({ rule, source, repositories, refs, confirmed, pushers }) =>
    cells(rule, source, repositories.join(','), refs.join(','), confirmed ? 'yes' : 'need not', pushers ?? 'whoever may', also),
  );
}

const targetHeaders = ['OBJECT', 'FOLLOWS', 'WRITES HERE', 'A PUSH BY NOBODY VERIFIED'];

function targetRow({ target, follows, url, suspended, consumers, push }: NamespaceAccess['targets'][number]): readonly Cell[] {
  const object = `${target.cluster}/${target.kind}/${target.namespace}/${target.name}${suspended ? ' (suspended)' : ''}`;
  const what = follows === null ? url : `${follows.source} ${follows.repository} ${follows.ref}`;
  const writing = consumers.map(({ object: { kind, name }, unbounded, remote }) => `${kind}/${name}${marks(unbounded, remote)}`);
  const why = push.verdict === 'allow' ? '' : `: ${push.reasons.map(({ message }) => message).join('; ')}`;
  const [first, second, third] = cells(object, what, writing.join(',') || 'itself');
  const verdict: Cell = { text: printable(`${push.verdict}${why}`), look: push.verdict === 'allow' ? 'good' : 'bad' };
  return [...[first, second, third].filter((cell) => cell !== undefined), verdict];
}

function marks(unbounded: boolean, remote: boolean): string {
  const said = [...(unbounded ? ['unbounded'] : []), ...(remote ? ['from another cluster'] : [])];
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

function cells(...texts: readonly string[]): readonly Cell[] {
  return texts.map((each) => ({ text: printable(each) }));
}

function tableOf(headers: readonly string[], rows: readonly (readonly Cell[])[], { style, width }: View): readonly string[] {
  if (rows.length === 0) return [];
  const lines = renderTable(headers, rows, style, width === null ? null : Math.max(24, width - 2));
  return lines.map((line) => `  ${line}`);
}
