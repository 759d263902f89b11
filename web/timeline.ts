import type { Story } from '#core/ports/journal.ts';
import { mark } from './badge.ts';
import { html, type Html } from './html.ts';
import { objectName, withCommits } from './names.ts';
import { since, timeOfDay } from './time.ts';
import { timelineEntries, type TimelineEntry } from './timeline-entries.ts';

/** Every step with its time of day and how long it took since the one before. */
export function timeline(story: Story, now: number): Html {
  const entries = timelineEntries(story);
  return html`<ol class="timeline">${entries.map((entry, index) => item(entry, entries[index - 1], now))}</ol>`;
}

function item({ key, at, tone, name, target, detail }: TimelineEntry, before: TimelineEntry | undefined, now: number): Html {
  return html`<li class="${tone}" id="step-${key}">
<span class="when">${timeOfDay(at, now)} <span class="took">${before === undefined ? '' : since(before.at, at)}</span></span>
${mark(tone)}
<span class="what"><b>${name}</b>${target && html` ${objectName(target)}`}${detail !== '' && html` <span class="detail">${withCommits(detail)}</span>`}</span>
</li>`;
}
