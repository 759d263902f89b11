import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { Missed, MissedQuestion, RecoveredDelivery } from '#core/ports/source-adapter.ts';
import { readEvent, type MovedRef } from './read-event.ts';
import { present, type GerritClient } from './rest/client.ts';
import { query } from './rest/paths.ts';

const { slack, overlap, pages, zoneSlack } = limits.gerritEventsLog;

const Dated = z.object({ eventCreatedOn: z.int() });

/** Some of the record, oldest first. */
interface Page {
  readonly lines: readonly Buffer[];
  /** When its first and its last event happened, milliseconds since the epoch; null for an answer without events. */
  readonly span: { readonly first: number; readonly last: number } | null;
}

interface EventsLogOptions {
  readonly client: Pick<GerritClient, 'text'>;
  readonly clock: Clock;
}

/**
 * Reads what the plugin events-log has kept, where it is installed: who moved what and when. Heads stay the truth, so that what it does not know
 * is not lost. The traps of it (plugins/events-log, `EventsRestApiServlet`, `SQLStore`): lines of JSON that claim to be HTML; times in the zone of
 * the server, which it does not tell; errors that are answered with nothing, so that nothing means "unknown"; the oldest few thousand first; and
 * events that are written some seconds after they have happened.
 */
export function createEventsLog({ client, clock }: EventsLogOptions): (asked: MissedQuestion) => Promise<Missed> {
  const log = new EventsLog(client, clock);
  return (asked) => log.missed(asked);
}

class EventsLog {
  readonly #client: Pick<GerritClient, 'text'>;
  readonly #clock: Clock;
  /** Up to when everything has been handed over, milliseconds since the epoch. */
  #position = 0;
  /** At least so much is the server's time ahead of UTC; undefined until it has answered. */
  #ahead: number | undefined;

  constructor(client: Pick<GerritClient, 'text'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** @throws HeadgateError SOURCE_UNREACHABLE, SOURCE_LIMITED, SOURCE_REFUSED (the credentials) */
  async missed(asked: MissedQuestion): Promise<Missed> {
    const until = this.#clock.monotonic() + limits.gerritEventsLog.timeout;
    const since = Math.max(asked.since, this.#position - overlap);
    // What lies before it does not count, but the zone of the server may be any.
    const from = this.#ahead === undefined ? since - slack : since + this.#ahead - zoneSlack;
    const page = await this.#page(from, until);
    if (typeof page === 'string') return { deliveries: ofThese([]), unread: page === 'absent' ? [] : [page] };
    if (page.span === null) return { deliveries: ofThese([]), unread: ['events-log, which answers with nothing: that may be an error'] };
    return { deliveries: this.#deliveries(asked, { page, from, since, until }), unread: [] };
  }

  /** The position moves on only after what lies before it has been taken. */
  async *#deliveries(
    asked: MissedQuestion,
    { page: first, from, since, until }: { readonly page: Page; readonly from: number; readonly since: number; readonly until: number },
  ): AsyncGenerator<RecoveredDelivery> {
    let [page, at]: [Page, number] = [first, from];
    for (let count = 1; page.span !== null; count++) {
      yield* await missing(page.lines, since, asked);
      this.#position = Math.max(this.#position, page.span.last);
      // The first event came at `at` by the server's time, or later.
      this.#ahead = Math.max(this.#ahead ?? Number.NEGATIVE_INFINITY, at - page.span.first);
      const next = page.span.last + this.#ahead - overlap;
      if (count >= pages || next <= at) return;
      const following = await this.#page(next, until);
      if (typeof following === 'string' || following.span === null || following.span.last <= page.span.last) return;
      [page, at] = [following, next];
    }
  }

  /** @returns why there is none: `absent`, or in words */
  async #page(from: number, until: number): Promise<Page | string> {
    const t1 = new Date(from).toISOString().slice(0, 19).replace('T', ' ');
    const found = await this.#client.text(`/plugins/events-log/events/${query({ t1 })}`, { until });
    if ('missing' in found && found.missing.status === 404) return 'absent';
    if ('missing' in found && found.missing.status === 403) return 'events-log, which may not be read';
    const lines = linesOf(Buffer.from(present(found, 'events-log'), 'utf8'));
    const [first, last] = [momentOf(lines.at(0)), momentOf(lines.at(-1))];
    return { lines, span: first === undefined || last === undefined ? null : { first, last } };
  }
}

async function* ofThese(deliveries: readonly RecoveredDelivery[]): AsyncGenerator<RecoveredDelivery> {
  yield* deliveries;
}

function linesOf(text: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(0x0a, start);
    const line = text.subarray(start, end < 0 ? text.length : end);
    if (line.length > 0) lines.push(line);
    start += line.length + 1;
  }
  return lines;
}

/** What tells of the repositories asked for, has happened since, and is not known; what cannot be read is left out. */
async function missing(lines: readonly Buffer[], since: number, asked: MissedQuestion): Promise<readonly RecoveredDelivery[]> {
  const repositories = new Set(asked.repositories);
  const told = lines.flatMap((body) => {
    const event = movedRef(body);
    const at = event?.hint.occurredAt ?? null;
    return event && at !== null && at >= since && repositories.has(event.hint.repository) ? [{ event, body, at }] : [];
  });
  const known = await asked.known(told.map(({ event }) => event.deliveryId));
  return told.flatMap(({ event: { event, deliveryId }, body, at }) =>
    known.has(deliveryId) ? [] : [{ deliveryId, event, headers: {}, body, at }],
  );
}

function movedRef(line: Buffer): MovedRef | undefined {
  try {
    const event = readEvent(line);
    return event.kind === 'hint' ? event : undefined;
  } catch {
    return undefined;
  }
}

function momentOf(line: Buffer | undefined): number | undefined {
  try {
    const dated = line && Dated.safeParse(parseJson(line, limits.http.jsonDepth));
    return dated?.success ? dated.data.eventCreatedOn * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
