import assert from 'node:assert/strict';
import type { Queue } from '#core/ports/queue.ts';

/** Waits for what a queue that is elsewhere tells with a delay. */
async function comesTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setTimeout(resolve, 5));
}

/** A queue without keys, not started. */
export interface QueueUnderTest {
  readonly queue: Queue;
  /** What `rescan` answers from now on. */
  rescanFinds(keys: readonly string[]): void;
  /** Stops and removes it. */
  destroy(): Promise<void>;
}

/** A handler whose runs end when the test says so. */
class Worker {
  readonly started: string[] = [];
  readonly #runs: { readonly key: string; readonly end: (error?: Error) => void }[] = [];
  #news: (() => void)[] = [];

  readonly handle = (key: string): Promise<void> => {
    this.started.push(key);
    const run = new Promise<void>((resolve, reject) => this.#runs.push({ key, end: (error) => (error ? reject(error) : resolve()) }));
    for (const tell of this.#news.splice(0)) tell();
    return run;
  };

  get running(): readonly string[] {
    return this.#runs.map(({ key }) => key);
  }

  /** Resolves when so many runs have started in all. */
  async began(count: number): Promise<void> {
    while (this.started.length < count) await new Promise<void>((resolve) => this.#news.push(resolve));
  }

  end(key: string, error?: Error): void {
    const index = this.#runs.findIndex((run) => run.key === key);
    const [run] = this.#runs.splice(index, 1);
    run?.end(error);
  }
}

/**
 * What every queue does. Runs in real time and awaits events only, so that it fits queues in other processes too.
 * @param open a queue with this concurrency, short intervals and back-offs, and a rescan at least every second
 */
export function queueConformance(name: string, open: (concurrency: number) => Promise<QueueUnderTest>): void {
  describe(`queue conformance: ${name}`, () => {
    let world: QueueUnderTest;
    let worker: Worker;
    beforeEach(async () => {
      world = await open(2);
      worker = new Worker();
    });
    afterEach(async () => {
      const stopping = world.destroy();
      for (const key of worker.running) worker.end(key);
      await stopping;
    });

    it('hands out what was enqueued before and after the start', async () => {
      await world.queue.enqueue(['a']);
      world.queue.start(worker.handle);
      await world.queue.enqueue(['b']);
      await worker.began(2);
      assert.deepEqual(worker.started.toSorted(), ['a', 'b']);
    });

    it('hands out a key once, however often it was enqueued before its turn', async () => {
      await world.queue.enqueue(['a', 'a', 'b']);
      await world.queue.enqueue(['a']);
      world.queue.start(worker.handle);
      await worker.began(2);
      assert.deepEqual(worker.started.toSorted(), ['a', 'b']);
      await comesTrue(() => world.queue.stats().waiting === 0);
    });

    it('hands a key out once more when it was enqueued while it was worked on, and not before that work has ended', async () => {
      world.queue.start(worker.handle);
      await world.queue.enqueue(['a']);
      await worker.began(1);
      for (let n = 0; n < 100; n++) await world.queue.enqueue(['a']);
      await world.queue.enqueue(['b']);
      await worker.began(2);
      assert.deepEqual(worker.started, ['a', 'b']);
      worker.end('a');
      await worker.began(3);
      assert.deepEqual(worker.started, ['a', 'b', 'a']);
      worker.end('a');
      await world.queue.enqueue(['c']);
      await worker.began(4);
      assert.equal(worker.started[3], 'c');
    });

    it('never runs more handlers than it should, and lets nobody starve', async () => {
      world.queue.start(worker.handle);
      await world.queue.enqueue(['a', 'b', 'c', 'd']);
      await worker.began(2);
      assert.equal(world.queue.stats().active, 2);
      await comesTrue(() => world.queue.stats().waiting === 2);
      for (let count = 3; count <= 4; count++) {
        worker.end(worker.running[0] ?? '');
        await worker.began(count);
        assert.equal(worker.running.length, 2);
      }
      assert.deepEqual(worker.started.toSorted(), ['a', 'b', 'c', 'd']);
    });

    it('calls again for a key whose handler rejected, until it does not', async () => {
      world.queue.start(worker.handle);
      await world.queue.enqueue(['a']);
      for (let count = 1; count <= 3; count++) {
        await worker.began(count);
        worker.end('a', new Error('the cluster is away'));
      }
      await worker.began(4);
      worker.end('a');
      await world.queue.enqueue(['b']);
      await worker.began(5);
      assert.deepEqual(worker.started, ['a', 'a', 'a', 'a', 'b']);
    });

    it('finds by itself what nobody enqueued', async () => {
      world.rescanFinds(['a']);
      world.queue.start(worker.handle);
      await worker.began(1);
      world.rescanFinds(['b']);
      await worker.began(2);
      assert.deepEqual(worker.started, ['a', 'b']);
    });

    it('waits for running handlers when it stops, and hands out nothing more', async () => {
      world.queue.start(worker.handle);
      await world.queue.enqueue(['a', 'b', 'c']);
      await worker.began(2);
      let stopped = false;
      const stopping = world.queue.stop().then(() => (stopped = true));
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(stopped, false);
      for (const key of worker.running) worker.end(key);
      await stopping;
      await world.queue.enqueue(['d']);
      assert.deepEqual(worker.started, ['a', 'b']);
    });
  });
}
