import { formatAge, formatDuration } from '#core/format-duration.ts';
import { html, type Html } from './html.ts';

/** The moment to the millisecond, in UTC; the day too when it is not that of `now`. */
export function timeOfDay(at: number, now: number): Html {
  const iso = isoTime(at);
  const [day = '', clock = ''] = iso.split('T');
  const shown = isoTime(now).startsWith(day) ? '' : `${day} `;
  return html`<time datetime="${iso}" title="${iso}">${shown}${clock.slice(0, 12)}</time>`;
}

/** How long ago, `4s ago`; the page's script keeps it right. */
export function age(at: number, now: number): Html {
  const iso = isoTime(at);
  return html`<time datetime="${iso}" title="${iso}" data-age>${formatAge(now - at)} ago</time>`;
}

/** What passed between two moments: `+12 ms`. */
export function since(before: number, at: number): string {
  return `+${formatDuration(at - before)}`;
}

/** A moment that no calendar has is shown as the epoch: times come from outside. */
function isoTime(at: number): string {
  return new Date(Math.abs(at) <= 8_640_000_000_000_000 ? at : 0).toISOString();
}
