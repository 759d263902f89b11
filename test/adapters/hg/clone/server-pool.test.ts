import assert from 'node:assert/strict';
import { ServerPool } from '#adapters/hg/clone/server-pool.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

class FakeServer {
  alive = true;
  #told: () => void = () => {};

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#told();
  }

  onEnd(told: () => void): void {
    this.#told = told;
  }
}

describe('the pool of command servers', () => {
  let started: { readonly path: string; readonly server: FakeServer }[];
  let clock: SimulatedClock;
  let pool: ServerPool<FakeServer>;

  beforeEach(() => {
    started = [];
    clock = new SimulatedClock();
    const start = async (path: string): Promise<FakeServer> => {
      const server = new FakeServer();
      started.push({ path, server });
      return server;
    };
    pool = new ServerPool({ start, clock, perRepository: 2, total: 3, idle: 1_000 });
  });

  /** Uses one until it is told to end. */
  const hold = async (path: string): Promise<{ readonly server: FakeServer; end(): Promise<void> }> => {
    const release = Promise.withResolvers<void>();
    const got = Promise.withResolvers<FakeServer>();
    const used = pool.use(path, async (server) => {
      got.resolve(server);
      await release.promise;
    });
    used.catch((error: unknown) => got.reject(error));
    const server = await got.promise;
    return {
      server,
      async end() {
        release.resolve();
        await used;
      },
    };
  };
  const use = (path: string): Promise<FakeServer> => pool.use(path, async (server) => server);

  it('uses one again for the same repository, and another for another', async () => {
    const first = await use('a');
    assert.equal(await use('a'), first);
    assert.notEqual(await use('b'), first);
    assert.equal(started.length, 2);
  });

  it('has so many for one repository; whoever comes later waits in the order of asking', async () => {
    const [one, two] = [await hold('a'), await hold('a')];
    const order: string[] = [];
    const third = pool.use('a', async (server) => void order.push(`third ${server === one.server}`));
    const fourth = pool.use('a', async () => void order.push('fourth'));
    await one.end();
    await Promise.all([third, fourth]);
    assert.deepEqual(order, ['third true', 'fourth']);
    assert.equal(started.length, 2);
    await two.end();
  });

  it('ends an idle one to make room for another repository, and never one that is in use', async () => {
    const [one, two] = [await hold('a'), await hold('b')];
    const idle = await use('c');
    const three = await hold('d');
    assert.equal(idle.alive, false);
    const waiting = use('e');
    await one.end();
    assert.equal((await waiting).alive, true);
    assert.deepEqual([one.server.alive, two.server.alive, three.server.alive], [false, true, true]);
    assert.equal(pool.size, 3);
    await Promise.all([two.end(), three.end()]);
  });

  it('ends one that nobody has used for a while', async () => {
    const server = await use('a');
    await clock.advance(999);
    assert.equal(server.alive, true);
    await clock.advance(1);
    assert.equal(server.alive, false);
    assert.equal(pool.size, 0);
  });

  it('starts another in place of one that has died, idle or in use', async () => {
    (await use('a')).kill();
    assert.equal(pool.size, 0);
    const held = await hold('a');
    held.server.kill();
    await held.end();
    assert.equal((await use('a')).alive, true);
    assert.equal(started.length, 3);
  });

  it('drops those of a repository that goes: idle ones at once, the others after their task', async () => {
    const held = await hold('a');
    const idle = await use('a');
    pool.drop('a');
    assert.deepEqual([held.server.alive, idle.alive], [true, false]);
    const next = await use('a');
    assert.notEqual(next, held.server);
    await held.end();
    assert.equal(held.server.alive, false);
  });

  it('passes on why one does not start, and goes on', async () => {
    let fails = true;
    const start = async (): Promise<FakeServer> => {
      if (fails) throw new Error('no hg');
      return new FakeServer();
    };
    pool = new ServerPool({ start, clock, perRepository: 1, total: 1, idle: 1_000 });
    await assert.rejects(use('a'), /no hg/);
    fails = false;
    assert.equal((await use('a')).alive, true);
  });

  it('ends all of them when it is closed, and gives out none', async () => {
    const [one, two] = [await hold('a'), await hold('a')];
    const waiting = use('a');
    pool.close();
    await assert.rejects(waiting, { why: 'signal' });
    await assert.rejects(use('b'), { why: 'signal' });
    assert.deepEqual([one.server.alive, two.server.alive], [false, false]);
    await Promise.all([one.end(), two.end()]);
  });
});
