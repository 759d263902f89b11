import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createEventsLog } from '#adapters/gerrit/events-log.ts';
import { readEvent } from '#adapters/gerrit/read-event.ts';
import { createGerritClient, type Found } from '#adapters/gerrit/rest/client.ts';
import { systemClock } from '#core/clock.ts';
import type { MissedQuestion, RecoveredDelivery } from '#core/ports/source-adapter.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { gerritWorld } from '../../sandbox/gerrit/gerrit-world.ts';

const HOUR = 60 * 60_000;

function captured(name: string): string {
  const bytes = readFileSync(join(import.meta.dirname, '../../fixtures/gerrit/events-log', `${name}.http`));
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4).toString('utf8');
}

function question(more: Partial<MissedQuestion> = {}): MissedQuestion {
  return { since: 0, repositories: ['lat', 'demo/app'], known: () => Promise.resolve(new Set()), ...more };
}

async function all(deliveries: AsyncIterable<RecoveredDelivery>): Promise<readonly RecoveredDelivery[]> {
  const items: RecoveredDelivery[] = [];
  for await (const delivery of deliveries) items.push(delivery);
  return items;
}

/** Answers with these, one after the other. */
function answering(...answers: readonly Found<string>[]) {
  const paths: string[] = [];
  const client = {
    text: (path: string) => {
      paths.push(path);
      return Promise.resolve(answers[paths.length - 1] ?? { data: '' });
    },
  };
  return { paths, missed: createEventsLog({ client, clock: systemClock }) };
}

describe("Gerrit's events-log", () => {
  it('tells of movements of branches and of merges, with the delivery ids that they have over every transport', async () => {
    const text = captured('after3s');
    const { missed } = answering({ data: text });
    const found = await all((await missed(question())).deliveries);
    assert.deepEqual(
      found.map(({ event }) => event),
      ['ref-updated', 'change-merged', 'ref-updated', 'change-merged'],
    );
    for (const { body, deliveryId } of found) {
      const read = readEvent(body);
      assert.equal(read.kind === 'hint' && read.deliveryId, deliveryId);
    }
  });

  it('leaves out what is known, what is too old, and other projects', async () => {
    const text = captured('after3s');
    const ids = (await all((await answering({ data: text }).missed(question())).deliveries)).map(({ deliveryId }) => deliveryId);
    const known = (asked: readonly string[]) => Promise.resolve(new Set(asked.slice(0, 1)));
    const left = async (more: Partial<MissedQuestion>) => all((await answering({ data: text }).missed(question(more))).deliveries);
    assert.deepEqual(
      (await left({ known })).map(({ deliveryId }) => deliveryId),
      ids.slice(1),
    );
    assert.deepEqual(await left({ since: Date.UTC(2030, 0, 1) }), []);
    assert.deepEqual(await left({ repositories: ['other'] }), []);
  });

  it('takes an answer with nothing for no answer, and says so; a plugin that is not there for none', async () => {
    const nothing = await answering({ data: captured('baddate') }).missed(question());
    assert.deepEqual([await all(nothing.deliveries), nothing.unread.length], [[], 1]);
    const absent = await answering({ missing: { status: 404, message: 'Not Found' } }).missed(question());
    assert.deepEqual([await all(absent.deliveries), absent.unread], [[], []]);
    const refused = await answering({ missing: { status: 403, message: 'no' } }).missed(question());
    assert.deepEqual([await all(refused.deliveries), refused.unread], [[], ['events-log, which may not be read']]);
  });

  it('reads everything since then, in whatever zone the server is, though one answer holds the oldest few alone', async () => {
    const now = Date.UTC(2026, 10, 21, 12);
    const since = now - 12 * HOUR;
    const gaps = fc.array(fc.integer({ min: 60, max: 600 }), { minLength: 460, maxLength: 460, size: 'max' });
    const plan = fc.tuple(gaps, fc.integer({ min: -48, max: 56 }), fc.integer({ min: 20, max: 60 }));
    await fc.assert(
      fc.asyncProperty(plan, async ([gaps, quarters, limit]) => {
        const rows = eventsAfter(since - 30 * HOUR, gaps);
        const missed = createEventsLog({ client: record(rows, quarters * 15 * 60_000, limit), clock: new SimulatedClock(now) });
        const taken = new Set<string>();
        for (let visit = 0; visit < 6; visit++) {
          const { deliveries } = await missed(
            question({ since, known: (ids) => Promise.resolve(new Set(ids.filter((id) => taken.has(id)))) }),
          );
          for (const { deliveryId } of await all(deliveries)) taken.add(deliveryId);
        }
        assert.equal(taken.size, rows.filter(({ at }) => at >= since).length);
      }),
      { numRuns: 15 },
    );
  });

  it('goes on from where it was the next time, and not before what it found was taken', async () => {
    const now = Date.UTC(2026, 10, 21, 12);
    const rows = eventsAfter(now - 50 * HOUR, Array<number>(60).fill(45 * 60));
    const client = record(rows, 2 * HOUR, 1_000);
    const missed = createEventsLog({ client, clock: new SimulatedClock(now) });
    const since = now - 60 * HOUR;
    await missed(question({ since }));
    assert.equal((await all((await missed(question({ since }))).deliveries)).length, 60, 'nothing was taken the first time');
    const again = await all((await missed(question({ since }))).deliveries);
    assert.ok(again.length <= 1, `${again.length} again`);
    rows.push(...eventsAfter(now, [1]));
    assert.ok((await all((await missed(question({ since }))).deliveries)).length >= 1);
  });

  it('is read from a Gerrit that has written it by then, in the time of its zone', async function () {
    this.timeout(20_000);
    const world = await gerritWorld();
    try {
      world.gerrit.eventsLog.flushAfter = 0;
      world.gerrit.eventsLog.zone = -9 * 60;
      const change = await world.gerrit.createChange({ project: 'demo/app', by: 'dev', files: { 'a.yaml': '1' }, subject: 'One' });
      await world.gerrit.vote(change, { by: 'admin', value: 2 });
      await world.gerrit.submit(change);
      const { url } = world.gerrit.http;
      const { password } = world.gerrit.account('bot');
      const client = createGerritClient({
        ...{ source: 'review', url, user: 'bot', token: () => Buffer.from(password), clock: systemClock, env: {} },
      });
      const missed = createEventsLog({ client, clock: systemClock });
      const asked = question({ since: systemClock.now() - HOUR });
      const found = await all((await missed(asked)).deliveries);
      const ofMain = found.filter(({ body }) => Buffer.from(body).includes('refs/heads/'));
      assert.ok(ofMain.some(({ event }) => event === 'ref-updated') && found.some(({ event }) => event === 'change-merged'));
      world.gerrit.plugins.eventsLog = false;
      assert.deepEqual(await all((await missed(asked)).deliveries), []);
    } finally {
      await world.stop();
    }
  });
});

interface Row {
  readonly at: number;
  readonly line: string;
}

/** Movements of a branch. @param gaps seconds between one and the next */
function eventsAfter(start: number, gaps: readonly number[]): Row[] {
  let at = Math.floor(start / 1_000);
  return gaps.map((gap, n) => {
    at += gap;
    const [oldRev, newRev] = [n, n + 1].map((each) => (each + at * 1_000).toString(16).padStart(40, '0'));
    const refUpdate = { oldRev, newRev, refName: 'refs/heads/main', project: 'demo/app' };
    return { at: at * 1_000, line: JSON.stringify({ refUpdate, type: 'ref-updated', eventCreatedOn: at }) };
  });
}

/** The plugin: the oldest rows since a time of its own zone, so many at most, of those with the same second all. */
function record(rows: readonly Row[], zone: number, limit: number) {
  return {
    text: (path: string): Promise<Found<string>> => {
      const t1 = new URLSearchParams(path.split('?')[1]).get('t1') ?? assert.fail();
      const from = Date.parse(`${t1.replace(' ', 'T')}Z`) - zone;
      const after = rows.filter(({ at }) => at >= from);
      const last = after[limit - 1]?.at ?? Number.POSITIVE_INFINITY;
      return Promise.resolve({ data: after.flatMap(({ at, line }) => (at <= last ? [`${line}\n`] : [])).join('') });
    },
  };
}
