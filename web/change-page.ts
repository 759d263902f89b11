import type { Brought } from '#core/brought.ts';
import type { Change } from '#core/change.ts';
import type { Story } from '#core/ports/journal.ts';
import { unmatchedReason } from './advice.ts';
import { broughtList } from './brought-list.ts';
import { candidateList } from './candidates.ts';
import { outcomeBadges } from './change-rows.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { assertedActors, changePath, commit, deliveryPath, shortRef } from './names.ts';
import { targetCard } from './target-card.ts';
import { targetStories, type TargetStory } from './target-stories.ts';
import { timeOfDay } from './time.ts';
import { timeline } from './timeline.ts';

export interface ChangeView {
  readonly story: Story;
  /** What came with it by way of a review system. */
  readonly brought: readonly Brought[];
  readonly now: number;
}

/** `/changes/{id}`. */
export function changePage(view: ChangeView): Page {
  const { change } = view.story;
  return {
    title: `${change.repository} ${shortRef(change.ref)}`,
    section: '/changes',
    live: `${changePath(change.id)}?watch=1`,
    content: changeContent(view),
  };
}

/** The part of it that is sent again when something changes. */
export function changeContent({ story, brought, now }: ChangeView): Html {
  const targets = targetStories(story);
  return html`${heading(story, now)}
<div class="columns">
<section aria-labelledby="targets">
<h2 id="targets">${title(targets)}</h2>
${targets.length === 0 && html`<p class="callout warn">${unmatchedReason(story)}</p>`}
${targets.map((target) => targetCard(target, now))}
${broughtList(story.change, brought, now)}
${candidateList(story.candidates)}
</section>
<section aria-labelledby="timeline">
<h2 id="timeline">What happened</h2>
${timeline(story, now)}
</section>
</div>`;
}

function title(targets: readonly TargetStory[]): string {
  if (targets.length === 0) return 'Why nothing deployed';
  return targets.every(({ status }) => status.word === 'denied') ? 'Why it did not deploy' : 'Where it goes';
}

function heading(story: Story, now: number): Html {
  const { change, delivery } = story;
  return html`<div class="heading">
<h1>${change.repository} <span class="ref">${shortRef(change.ref)}</span></h1>
<p class="badges">${outcomeBadges(story)}</p>
</div>
<dl class="facts">
<div><dt>Commit</dt><dd>${revisions(change)}</dd></div>
<div><dt>${change.action === 'requested' ? 'Requested by' : 'Pushed by'}</dt><dd>${assertedActors(change)}</dd></div>
<div><dt>Source</dt><dd>${change.source}</dd></div>
<div><dt>Ref</dt><dd><code>${change.ref}</code> ${change.action}</dd></div>
<div><dt>Received</dt><dd>${timeOfDay(change.receivedAt, now)}</dd></div>
<div><dt>Delivery</dt><dd><a href="${deliveryPath(delivery.id)}"><code>${delivery.id}</code></a></dd></div>
<div><dt>Change</dt><dd><code>${change.id}</code></dd></div>
</dl>`;
}

function revisions({ before, revision }: Change): Html {
  return before === null ? commit(revision) : html`${commit(revision)} <span class="dim">after</span> ${commit(before)}`;
}
