import type { Clock } from '#core/clock.ts';
import type { Who } from '#sandbox/gerrit/access.ts';
import { type GerritEvent, gson, wrapped } from '#sandbox/gerrit/events.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

/** Rows that one answer holds (`returnLimit`). */
const MOST = 5_000;

export interface EventsLogSwitches {
  /** Minutes that the server's local time is ahead of UTC. */
  zone: number;
  /** Milliseconds until an event is written. */
  flushAfter: number;
}

/** The events-log plugin: lines of JSON that claim to be HTML, in the server's local time; what it cannot read is answered with nothing. */
export class EventsLog {
  readonly switches: EventsLogSwitches = { zone: 0, flushAfter: 2_000 };
  readonly #clock: Clock;
  readonly #rows: { readonly event: GerritEvent; readonly at: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hear(event: GerritEvent): void {
    this.#rows.push({ event, at: this.#clock.now() });
  }

  /** With `t1` or `t2` the oldest rows between, else the newest. Only the project's visibility is asked. */
  answer(site: Site, who: Who, query: URLSearchParams): string {
    const [from, to] = [query.get('t1'), query.get('t2')].map((each) => (each === null ? undefined : this.#local(each)));
    if (from === null || to === null) return '';
    const written = this.#rows.filter(({ event, at }) => {
      const project = site.projects.get(event.project);
      return at + this.switches.flushAfter <= this.#clock.now() && project !== undefined && site.access.readsProject(who, project);
    });
    const asked = query.has('t1') || query.has('t2');
    const between = written.filter(({ at }) => at >= (from ?? -Infinity) && Math.floor(at / 1_000) * 1_000 <= (to ?? Infinity));
    const shown = asked ? between.slice(0, MOST) : between.slice(-MOST);
    return shown.map(({ event }) => `${gson(wrapped(event.body))}\n`).join('');
  }

  /** Null = it is no date. */
  #local(text: string): number | null {
    const [, day, time = '00:00:00'] = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d))?$/.exec(text) ?? [];
    const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}Z`);
    return Number.isNaN(ms) ? null : ms - this.switches.zone * 60_000;
  }
}
