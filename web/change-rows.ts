import type { Story } from '#core/ports/journal.ts';
import { badge } from './badge.ts';
import { html, type Html } from './html.ts';
import { actorNames, changePath, commit, shortRef } from './names.ts';
import { changeStatuses } from './target-stories.ts';
import { age } from './time.ts';

/** A table of changes with what came of each; newest first. */
export function changeTable(stories: readonly Story[], now: number): Html {
  return html`<table class="list">
<thead><tr><th scope="col">Change</th><th scope="col">Outcome</th><th scope="col">Commit</th><th scope="col">By</th><th scope="col">Received</th></tr></thead>
<tbody>${stories.map((story) => row(story, now))}</tbody>
</table>`;
}

function row(story: Story, now: number): Html {
  const { change } = story;
  return html`<tr id="row-${change.id}">
<td><a class="main-link" href="${changePath(change.id)}">${change.repository} <span class="ref">${shortRef(change.ref)}</span></a></td>
<td class="badges">${outcomeBadges(story)}</td>
<td data-label="Commit">${commit(change.revision)}</td>
<td data-label="By">${actorNames(change)}</td>
<td data-label="Received">${age(change.receivedAt, now)}</td>
</tr>`;
}

/** One badge for each outcome that targets of the change have. */
export function outcomeBadges(story: Story): readonly Html[] {
  return changeStatuses(story).map(({ count, ...status }) => badge(status, count > 1 ? count : undefined));
}
