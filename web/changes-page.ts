import type { Story } from '#core/ports/journal.ts';
import { changeTable } from './change-rows.ts';
import { filterForm, pager, type Field } from './filters.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';

export interface ChangesView {
  readonly stories: readonly Story[];
  readonly next: string | null;
  /** The filters as asked for, by name; `cursor` too. */
  readonly query: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly now: number;
}

/** `/changes`. */
export function changesPage(view: ChangesView): Page {
  const fields: readonly Field[] = [
    { name: 'source', label: 'Source', options: view.sources },
    { name: 'repository', label: 'Repository' },
    { name: 'ref', label: 'Ref', hint: 'refs/heads/main' },
    { name: 'revision', label: 'Commit' },
    { name: 'since', label: 'Since', hint: '1h' },
  ];
  return {
    title: 'Changes',
    section: '/changes',
    live: `/changes?${new URLSearchParams({ ...view.query, watch: '1' }).toString()}`,
    before: html`<h1>Changes</h1>${filterForm('/changes', fields, view.query)}`,
    content: changesContent(view),
  };
}

/** The part of it that is sent again. */
export function changesContent({ stories, next, query, now }: Omit<ChangesView, 'sources'>): Html {
  if (stories.length === 0)
    return html`<p class="empty">No change fits. A change comes of every push that a source tells Headgate about.</p>`;
  return html`${changeTable(stories, now)}${pager('/changes', query, next)}`;
}
