import { renderExplanation } from './explanation.ts';
import type { ReplayItem } from './replay-schema.ts';
import { indented, printable } from './text.ts';
import type { View } from './view.ts';

/** What came of the wish to replay deliveries, one after the other; on a dry run what would. Pure. */
export function renderReplays(items: readonly ReplayItem[], view: View): readonly string[] {
  return items.flatMap((item, index) => {
    const lines = renderItem(item, view);
    return index > 0 && item.explanation !== null ? ['', ...lines] : lines;
  });
}

function renderItem(item: ReplayItem, view: View): readonly string[] {
  const { error, explanation } = item;
  const { style, width } = view;
  const name = style.bold(printable(item.delivery));
  if (error !== null)
    return [
      `${style.bad('✗')} ${name}${about(item)}: ${printable(error.detail)} [${printable(error.code)}]`,
      ...indented(printable(error.hint), 4, width),
    ];
  if (explanation !== null) return [`${style.bold('delivery')} ${name}${about(item)}`, ...renderExplanation(explanation, view)];
  const ignored = item.ignored === null ? [] : indented(`nothing will come of it: ${printable(item.ignored)}`, 4, width);
  return [
    `${style.good('✔')} ${name}${about(item)}: ${item.known ? 'was replayed before as' : 'replayed as'} ${printable(item.replay ?? '')}`,
    ...ignored,
  ];
}

function about({ source, repository, ref }: ReplayItem): string {
  const named = [repository, ref].filter((part) => part !== null);
  const what = named.length > 0 ? named : [source].filter((part) => part !== null);
  return what.length === 0 ? '' : ` (${printable(what.join(' '))})`;
}
