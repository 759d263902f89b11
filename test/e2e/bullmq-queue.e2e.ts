import assert from 'node:assert/strict';
// Loaded before mocha looks for leaks: it brings tslib, which defines global names.
import 'bullmq';
import { systemClock, type Clock } from '#core/clock.ts';
import type { Queue } from '#core/ports/queue.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { jobIdOf } from '#queue/bullmq/target-jobs.ts';
import { openBullQueue, type BullQueueOptions } from '#queue/bullmq.ts';
import { queueConformance } from '../conformance/queue.ts';
import { startComponent } from './cluster/component.ts';
import { startRedis, type RedisServer, type RedisServerOptions } from './redis/server.ts';

/** The real clock with our own waits ten times shorter; those of BullMQ stay. */
const hastyClock: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 10, task) };
const times = { lock: 3_000, stalled: 500, poll: 500, idle: 60_000, stuck: 2_000 };

let prefixes = 0;

function openQueue(redis: RedisServer, options: Partial<BullQueueOptions> = {}): Promise<Queue> {
  const rescan = async (): Promise<readonly string[]> => [];
  return openBullQueue({ clock: hastyClock, log: silentLog, url: redis.url, minIntervalMs: 20, rescan, times, ...options });
}

/** Waits for a condition; mocha's limit is the only one. */
async function comesTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise<void>((resolve) => setTimeout(resolve, 10));
}

/** A journal that knows which keys have work, and a handler that does it. */
class Work {
  readonly open = new Set<string>();
  readonly done: string[] = [];
  readonly active = new Set<string>();
  overlaps = 0;
  /** What a handler waits for before it has done its work. */
  gate: Promise<void> = Promise.resolve();

  readonly rescan = async (): Promise<readonly string[]> => [...this.open];

  readonly handle = async (key: string): Promise<void> => {
    if (this.active.has(key)) this.overlaps++;
    this.active.add(key);
    await this.gate;
    this.open.delete(key);
    this.done.push(key);
    this.active.delete(key);
  };

  add(count: number, name = 'k'): readonly string[] {
    const keys = Array.from({ length: count }, (_, n) => `prod/Kustomization/apps/${name}:${n}`);
    for (const key of keys) this.open.add(key);
    return keys;
  }
}

function useRedis(options: RedisServerOptions = {}): () => RedisServer {
  let redis: RedisServer;
  before(async () => (redis = await startRedis(options)));
  after(() => redis.stop());
  return () => redis;
}

describe('a queue in Redis', function () {
  this.timeout(90_000);

  describe('over a real Redis', () => {
    const redis = useRedis();
    queueConformance('BullMQ', async (concurrency) => {
      let found: readonly string[] = [];
      const rescan = async (): Promise<readonly string[]> => found;
      const queue = await openQueue(redis(), { concurrency, rescan, prefix: `conformance-${prefixes++}` });
      return { queue, rescanFinds: (keys) => (found = keys), destroy: () => queue.stop() };
    });
  });

  describe('that fails', () => {
    const redis = useRedis();
    let work: Work;
    const queues: Queue[] = [];
    beforeEach(() => (work = new Work()));
    afterEach(() => Promise.all(queues.splice(0).map((queue) => queue.stop())));

    async function open(options: Partial<BullQueueOptions> = {}): Promise<Queue> {
      const queue = await openQueue(redis(), { rescan: work.rescan, prefix: `faults-${prefixes}`, ...options });
      queues.push(queue);
      return queue;
    }
    beforeEach(() => void prefixes++);

    it('goes on after Redis was killed under load and came back empty, and no announcement has to wait for it', async () => {
      const queue = await open();
      queue.start(work.handle);
      await queue.enqueue(work.add(200));
      await comesTrue(() => work.done.length > 20);
      await redis().kill();
      const before = performance.now();
      for (const key of work.add(50, 'away')) await queue.enqueue([key]);
      assert.ok(performance.now() - before < 10_000, 'announcements wait');
      await redis().start();
      await comesTrue(() => work.open.size === 0);
      await queue.enqueue(work.add(1, 'afterwards'));
      await comesTrue(() => work.open.size === 0);
      assert.equal(work.overlaps, 0);
    });

    it('goes on after everything was flushed while keys waited and one was worked on', async () => {
      const queue = await open({ concurrency: 1 });
      let end = (): void => {};
      work.gate = new Promise<void>((resolve) => (end = resolve));
      queue.start(work.handle);
      const [first = ''] = work.add(20);
      await queue.enqueue([...work.open]);
      await comesTrue(() => work.active.size === 1);
      await redis().ask((client) => client.flushall());
      await queue.enqueue([first]);
      end();
      await comesTrue(() => work.open.size === 0);
      assert.equal(work.overlaps, 0);
    });

    it('loses time only while Redis is full', async () => {
      let unannounced = 0;
      const queue = await open({ onUnannounced: (keys) => (unannounced += keys) });
      queue.start(work.handle);
      await redis().ask((client) => client.config('SET', 'maxmemory', '1'));
      await queue.enqueue(work.add(30));
      assert.equal(unannounced, 30);
      await redis().ask((client) => client.config('SET', 'maxmemory', '0'));
      await comesTrue(() => work.open.size === 0);
    });

    it('hands out a key of whose turn Redis has thrown the place away', async () => {
      const waiting = await open();
      const [key = ''] = work.add(1);
      await waiting.enqueue([key]);
      await redis().ask((client) => client.del(`faults-${prefixes}:targets:wait`, `faults-${prefixes}:targets:marker`));
      assert.ok(await redis().ask((client) => client.exists(`faults-${prefixes}:targets:de:${jobIdOf(key)}`)), 'there is nothing to mend');
      waiting.start(work.handle);
      await comesTrue(() => work.open.size === 0);
    });

    it('goes on after Redis stood still', async () => {
      const queue = await open();
      queue.start(work.handle);
      await queue.enqueue(work.add(50));
      redis().pause();
      const asked = queue.enqueue(work.add(1, 'meanwhile'));
      await asked;
      redis().resume();
      await comesTrue(() => work.open.size === 0);
    });

    it('opens while Redis is away, and begins when it comes', async () => {
      await redis().kill();
      const queue = await open();
      queue.start(work.handle);
      await queue.enqueue(work.add(5));
      assert.deepEqual(work.done, []);
      await redis().start();
      await comesTrue(() => work.open.size === 0);
    });

    it('stops while Redis is away', async () => {
      const queue = await open();
      queue.start(work.handle);
      await queue.enqueue(work.add(5));
      await comesTrue(() => work.open.size === 0);
      await redis().kill();
      await queue.stop();
      await redis().start();
    });

    it('builds anew what takes keys when that takes none', async () => {
      const warnings: string[] = [];
      const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
      const queue = await open({ log, times: { ...times, idle: 1_000 } });
      queue.start(work.handle);
      await queue.enqueue(work.add(1));
      await comesTrue(() => work.open.size === 0);
      // Keys wait and nothing takes them, as after a connection that was lost unnoticed: here because BullMQ takes the queue for paused.
      await redis().ask((client) => client.hset(`faults-${prefixes}:targets:meta`, 'paused', '1'));
      await queue.enqueue(work.add(1, 'unseen'));
      await comesTrue(() => warnings.some((warning) => warning.includes('built anew')));
      assert.equal(work.open.size, 1);
      await redis().ask((client) => client.hdel(`faults-${prefixes}:targets:meta`, 'paused'));
      await comesTrue(() => work.open.size === 0);
    });
  });

  describe('of several processes', () => {
    const redis = useRedis({ persistence: 'aof' });
    let prefix: string;
    beforeEach(() => (prefix = `shared-${prefixes++}`));

    it('never hands out a key twice at once, and all keys', async () => {
      const work = new Work();
      const both = await Promise.all([openQueue(redis(), { prefix }), openQueue(redis(), { prefix })]);
      const starts = new Map<string, number[]>();
      const handle = async (key: string): Promise<void> => {
        starts.set(key, [...(starts.get(key) ?? []), performance.now()]);
        await work.handle(key);
      };
      for (const queue of both) queue.start(handle);
      for (let round = 0; round < 20; round++) for (const queue of both) await queue.enqueue(work.add(10));
      await comesTrue(() => work.open.size === 0);
      assert.equal(work.overlaps, 0);
      assert.equal(starts.size, 10);
      await Promise.all(both.map((queue) => queue.stop()));
    });

    it('starts a key at most once in its interval, whichever process it is', async () => {
      const both = await Promise.all([1, 2].map(() => openQueue(redis(), { prefix, minIntervalMs: 300 })));
      const starts: number[] = [];
      for (const queue of both) queue.start(async () => void starts.push(performance.now()));
      while (starts.length < 5) for (const queue of both) await queue.enqueue(['a']);
      await Promise.all(both.map((queue) => queue.stop()));
      const gaps = starts.slice(1).map((at, n) => at - (starts[n] ?? 0));
      // Redis and this process measure apart; what matters is that none follows at once.
      assert.ok(Math.min(...gaps) > 150, gaps.join(' '));
    });

    it('keeps what two instances have apart by their prefix', async () => {
      const [one, other] = [new Work(), new Work()];
      const queues = await Promise.all([openQueue(redis(), { prefix }), openQueue(redis(), { prefix: `${prefix}-other` })]);
      queues[0]?.start(one.handle);
      queues[1]?.start(other.handle);
      await queues[0]?.enqueue(one.add(10, 'one'));
      await queues[1]?.enqueue(other.add(10, 'other'));
      await comesTrue(() => one.open.size + other.open.size === 0);
      assert.deepEqual([one.done.length, other.done.length], [10, 10]);
      await Promise.all(queues.map((queue) => queue.stop()));
    });

    it('hands back what waits when it stops', async () => {
      const work = new Work();
      const [one, other] = await Promise.all([openQueue(redis(), { prefix }), openQueue(redis(), { prefix })]);
      await one.enqueue(work.add(10));
      await one.stop();
      other.start(work.handle);
      await comesTrue(() => work.open.size === 0);
      await other.stop();
    });

    it('hands out elsewhere what a process works on that stands still', async () => {
      const work = new Work();
      const queue = await openQueue(redis(), { prefix });
      const holder = await startComponent({
        name: 'holder',
        command: process.execPath,
        args: [`${import.meta.dirname}/redis/holder.ts`, redis().url, prefix],
        log: '/dev/null',
      });
      const [key = ''] = work.add(1);
      await queue.enqueue([key]);
      await comesTrue(() => redis().ask(async (client) => (await client.get(`${prefix}:held`)) === key));
      holder.signal('SIGSTOP');
      queue.start(work.handle);
      await comesTrue(() => work.open.size === 0);
      holder.signal('SIGCONT');
      await holder.stop();
      await queue.stop();
    });
  });
});
