import assert from 'node:assert/strict';
import type { News, Sink } from '#core/ports/sink.ts';

/** A sink, and what it leads to. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** What it leads to answers so from now on; null: nobody is there. */
  answer(status: number | null, headers?: Readonly<Record<string, string>>): Promise<void>;
  /** What has arrived, whatever was answered. */
  readonly arrived: readonly { readonly headers: Readonly<Record<string, unknown>>; readonly text: string }[];
  /** What a receiver knows a repetition by. */
  identityOf(arrived: { readonly headers: Readonly<Record<string, unknown>>; readonly text: string }): unknown;
  stop(): Promise<void>;
}

/**
 * What every sink does that sends one request for each news (core/ports/sink.ts).
 * @param some two different news that it wants
 */
export function sinkConformance(name: string, open: () => Promise<SinkUnderTest>, some: readonly [News, News]): void {
  describe(`sink conformance: ${name}`, () => {
    const [first, second] = some;
    let world: SinkUnderTest;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.stop());

    it('sends what it is told, once for each call', async () => {
      for (const news of some) {
        assert.ok(world.sink.wants(news));
        await world.sink.tell(news);
      }
      assert.equal(world.arrived.length, 2);
    });

    it('lets a receiver tell a repetition from something new', async () => {
      for (const news of [first, first, second]) await world.sink.tell(news);
      const [one, again, other] = world.arrived.map((each) => world.identityOf(each));
      assert.deepEqual(one, again);
      assert.notDeepEqual(one, other);
    });

    it('keeps its name', async () => {
      const { name: before } = world.sink;
      await world.sink.tell(first);
      assert.equal(world.sink.name, before);
    });

    for (const status of [400, 401, 403, 404, 410, 422]) {
      it(`says after ${status} that it will never be taken`, async () => {
        await world.answer(status);
        await assert.rejects(world.sink.tell(first), { code: 'SINK_REFUSED' });
      });
    }

    it('goes nowhere else than it was told to', async () => {
      await world.answer(302, { location: 'http://127.0.0.1:1/' });
      await assert.rejects(world.sink.tell(first), { code: 'SINK_REFUSED' });
    });

    for (const status of [408, 425, 429, 500, 503]) {
      it(`says after ${status} that it may be taken later, and when`, async () => {
        await world.answer(status, { 'retry-after': '7' });
        await assert.rejects(world.sink.tell(first), { code: 'SINK_UNREACHABLE', retryAfter: 7_000 });
      });
    }

    it('goes on when somebody is there again', async () => {
      await world.answer(null);
      await assert.rejects(world.sink.tell(first), { code: 'SINK_UNREACHABLE' });
      await world.answer(200);
      await world.sink.tell(first);
      assert.equal(world.arrived.length, 1);
    });
  });
}
