import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Server } from 'node:http';
import { systemClock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { silentMetrics } from '#core/ports/telemetry.ts';
import { delivery, done } from '../conformance/journal/material.ts';
import { ApiWorld, token } from './api-world.ts';
import { loggedIn } from './logged-in.ts';

/** Reads a stream event by event. */
class Reader {
  readonly #response: IncomingMessage;
  #text = '';

  constructor(response: IncomingMessage) {
    this.#response = response.setEncoding('utf8');
  }

  get status(): number | undefined {
    return this.#response.statusCode;
  }

  /** The next event or comment, as its fields; undefined at the end. */
  async next(): Promise<Readonly<Record<string, string>> | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split('\n');
        this.#text = this.#text.slice(end + 2);
        return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      }
      const chunk = (await this.#chunk()) as string | null;
      if (chunk === null) return undefined;
      this.#text += chunk;
    }
  }

  async ids(count: number): Promise<readonly (string | undefined)[]> {
    const found: (string | undefined)[] = [];
    while (found.length < count) found.push((await this.next())?.['id']);
    return found;
  }

  close(): void {
    this.#response.destroy();
  }

  async #chunk(): Promise<unknown> {
    for (;;) {
      const chunk: unknown = this.#response.read();
      if (chunk !== null || this.#response.readableEnded) return chunk;
      await Promise.race([once(this.#response, 'readable'), once(this.#response, 'end')]);
    }
  }
}

describe('a list with ?watch=1', () => {
  let world: ApiWorld;
  let server: Server;
  const readers: Reader[] = [];

  async function start(over: Parameters<typeof ApiWorld.open>[0] = {}): Promise<void> {
    world = await ApiWorld.open(over);
    server = world.app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  async function watch(path: string, headers: Record<string, string> = { authorization: token }): Promise<Reader> {
    const { port } = server.address() as AddressInfo;
    const sent = get({ port, host: '127.0.0.1', path, headers, agent: false });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const reader = new Reader(response);
    readers.push(reader);
    return reader;
  }

  async function arrive(n: number): Promise<void> {
    await world.sqlite.journal.append(delivery(n));
    world.announcer.announce('delivery', `dlv_${n}`);
  }

  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    world.shutdown.abort();
    await new Promise((resolve) => server.close(resolve));
    await world.close();
  });

  it('ends when the session that asked for it has ended', async () => {
    const ada = await loggedIn(systemClock);
    await start({ logins: ada.logins });
    await world.sqlite.journal.append(delivery(1));
    const reader = await watch('/v1/deliveries?watch=1', { cookie: ada.cookie });
    assert.equal(reader.status, 200);
    assert.deepEqual(await reader.ids(1), ['dlv_1']);
    await arrive(2);
    assert.deepEqual(await reader.ids(1), ['dlv_2']);
    ada.logOut();
    await arrive(3);
    assert.equal(await reader.next(), undefined);
    assert.equal((await watch('/v1/deliveries?watch=1', { cookie: ada.cookie })).status, 401);
    ada.remove();
  });

  it('sends what there is from the oldest, then what comes', async () => {
    await start();
    await world.sqlite.journal.append(delivery(1));
    await world.sqlite.journal.append(delivery(2));

    const reader = await watch('/v1/deliveries?watch=1');
    assert.deepEqual(await reader.ids(2), ['dlv_1', 'dlv_2']);
    await arrive(3);

    const event = await reader.next();
    assert.deepEqual([event?.['event'], event?.['id']], ['delivery', 'dlv_3']);
    assert.equal(JSON.parse(event?.['data'] ?? '').receivedAt, '1970-01-01T00:00:01.003Z');
  });

  it('sends an item again when it has changed, of its own kind and filter only', async () => {
    await start();
    const pending = await watch('/v1/deliveries?watch=1&state=done');
    const changes = await watch('/v1/changes?watch=1');
    await arrive(1);
    await world.sqlite.journal.settle([done(1, ['web'])]);
    world.announcer.announce('change', 'chg_1');
    world.announcer.announce('delivery', 'dlv_1');
    world.announcer.announce('delivery', 'dlv_404');

    const event = await pending.next();
    assert.deepEqual([event?.['event'], JSON.parse(event?.['data'] ?? '').state], ['delivery', 'done']);
    assert.deepEqual((await changes.next())?.['id'], 'chg_1');
  });

  for (const [path, kind, id] of [
    ['decisions', 'decision', 'dec_1_web'],
    ['reconciles', 'reconcile', 'rec_1_web'],
  ] as const)
    it(`streams ${path}`, async () => {
      await start();
      const reader = await watch(`/v1/${path}?watch=1&target=prod/GitRepository/apps/web`);
      await arrive(1);
      await world.sqlite.journal.settle([done(1, ['web', 'api'])]);
      world.announcer.announce(kind, id.replace('web', 'api'));
      world.announcer.announce(kind, id);
      assert.deepEqual(await reader.ids(1), [id]);
    });

  it('misses nothing that comes while it reads the list', async () => {
    await start();
    const { journal } = world.sqlite;
    const list = journal.deliveries.bind(journal);
    journal.deliveries = async (filter, page) => {
      const found = await list(filter, page);
      await arrive(1);
      return found;
    };
    const reader = await watch('/v1/deliveries?watch=1');
    assert.deepEqual(await reader.ids(1), ['dlv_1']);
  });

  it('delivers every one of many', async () => {
    await start();
    const reader = await watch('/v1/deliveries?watch=1');
    const many = Array.from({ length: 200 }, (_, n) => n + 1);
    await Promise.all(many.map(arrive));
    const ids = await reader.ids(200);
    assert.equal(new Set(ids).size, 200);
  });

  it('says that it is still there', async () => {
    await start();
    const reader = await watch('/v1/deliveries?watch=1');
    await world.sqlite.elapse(limits.http.streamHeartbeat);
    assert.deepEqual(await reader.next(), { '': 'still here' });
    await world.sqlite.elapse(limits.http.streamHeartbeat);
    assert.deepEqual(await reader.next(), { '': 'still here' });
  });

  it('ends at shutdown', async () => {
    await start();
    const reader = await watch('/v1/deliveries?watch=1');
    world.shutdown.abort();
    assert.equal(await reader.next(), undefined);
    assert.equal((await watch('/v1/deliveries?watch=1')).status, 503);
  });

  it('is refused past the bound, and taken again when another has gone', async () => {
    const counts: number[] = [];
    await start({ maxStreams: 1, metrics: { ...silentMetrics, streams: (open) => void counts.push(open) } });
    const first = await watch('/v1/deliveries?watch=1');
    assert.equal((await watch('/v1/deliveries?watch=1')).status, 503);
    first.close();
    let status: number | undefined;
    for (let i = 0; i < 100 && status !== 200; i++) {
      await setImmediate();
      status = (await watch('/v1/deliveries?watch=1')).status;
    }
    assert.equal(status, 200);
    assert.deepEqual(counts, [1, 0, 1]);
  });

  it('ends for a reader that is too far behind', async () => {
    await start();
    const stuck = Promise.withResolvers<undefined>();
    const { journal } = world.sqlite;
    journal.delivery = () => stuck.promise;
    const reader = await watch('/v1/deliveries?watch=1');
    for (let n = 0; n < limits.http.streamBacklog + 2; n++) world.announcer.announce('delivery', `dlv_${n}`);
    assert.equal(await reader.next(), undefined);
    stuck.resolve(undefined);
  });

  it('ends, and says so in the log, when the journal fails', async () => {
    await start();
    const { journal } = world.sqlite;
    journal.delivery = () => Promise.reject(new Error('disk on fire'));
    const reader = await watch('/v1/deliveries?watch=1');
    world.announcer.announce('delivery', 'dlv_1');
    assert.equal(await reader.next(), undefined);
    assert.deepEqual(
      world.lines.map(({ level, fields }) => [level, fields['error']]),
      [['warn', 'disk on fire']],
    );
  });

  it('refuses a bad cursor without opening a stream that says nothing', async () => {
    await start();
    const reader = await watch('/v1/deliveries?watch=1&state=lost');
    assert.equal(reader.status, 400);
  });
});
