import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { recordingLog } from '../../server/fakes.ts';
import { History } from '../../conformance/read-back/history.ts';
import { REPOSITORY, startApiWorld, TOKEN, type ApiWorld } from './api-world.ts';

const MAIN = 'refs/heads/main';

/** Waits a hundredth of what it is asked for. */
const hasty: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 100, task) };

describe("GitHub's API in trouble", function () {
  this.timeout(30_000);
  let world: ApiWorld;
  let first: string;

  beforeEach(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
    first = await new History(world.github.repository(REPOSITORY).directory).one(MAIN, { a: '1' });
  });
  afterEach(() => world.stop());

  const head = async (readBack = world.readBack) => (await readBack.heads(REPOSITORY, [MAIN])).get(MAIN)?.commit;

  async function limited(asking: Promise<unknown>): Promise<number> {
    const error: unknown = await asking.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof HeadgateError);
    assert.equal(error.code, 'SOURCE_LIMITED');
    return error.retryAfter ?? assert.fail('it names no moment');
  }

  it('tells of every answer, and how many requests are left', async () => {
    const { faults } = world.github.rest;
    faults.next({ kind: 'status', status: 502 });
    faults.next({ kind: 'cut' });
    const answers: [string, number | null][] = [];
    await head(world.open({ clock: hasty, onAnswer: (code, remaining) => void answers.push([code, remaining]) }));
    const codes = answers.map(([code]) => code);
    assert.deepEqual(codes, ['502', 'error', '200']);
    const left = answers.at(-1)?.[1] ?? assert.fail('it does not say');
    assert.ok(left > 4_000 && left < 5_000, String(left));
  });

  it('asks again after 5xx and an answer that is cut short, a few times', async () => {
    const { faults } = world.github.rest;
    faults.next({ kind: 'status', status: 502 });
    faults.next({ kind: 'cut' });
    assert.equal(await head(world.open({ clock: hasty })), first);
    assert.deepEqual(world.asked().length, 3);
    faults.next({ kind: 'status', status: 500 }, { count: 100 });
    await assert.rejects(head(world.open({ clock: hasty })), { code: 'SOURCE_UNREACHABLE', message: /answers 500/ });
    assert.equal(world.asked().length, 4);
  });

  it('prepares itself without asking anything', async () => {
    await world.readBack.prepare?.();
    assert.deepEqual(world.asked(), []);
    assert.equal(await head(), first);
  });

  it('gives up on what never answers', async () => {
    world.github.rest.faults.next({ kind: 'hang' }, { count: 100 });
    await assert.rejects(head(world.open({ clock: hasty })), { code: 'SOURCE_UNREACHABLE', message: /no answer within 10000 ms/ });
    assert.equal(world.asked().length, 4);
  });

  it('gives up what it is at when the server stops, and asks nothing more', async () => {
    const stopping = new AbortController();
    const readBack = world.open({ stopping: stopping.signal });
    world.github.rest.faults.next({ kind: 'hang' }, { count: 100 });
    const asking = head(readBack);
    while (world.github.rest.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stopping.abort();
    await assert.rejects(asking, { code: 'SOURCE_UNREACHABLE', message: /the server stops/ });
    await assert.rejects(head(readBack), { code: 'SOURCE_UNREACHABLE', message: /the server stops/ });
    assert.equal(world.asked().length, 1);
  });

  it('is unreachable where nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const readBack = world.open({ clock: hasty, api: { token: { env: 'T' }, url: `http://127.0.0.1:${port}/api/v3` } });
    await assert.rejects(head(readBack), { code: 'SOURCE_UNREACHABLE', message: /ECONNREFUSED/ });
  });

  it('asks nothing at all until the moment that the primary limit names', async () => {
    for (const status of [403, 429] as const) {
      const clock = new SimulatedClock(Date.now());
      const readBack = world.open({ clock });
      world.github.rest.rateLimit.set(0, { seconds: 600, status });
      const wait = await limited(head(readBack));
      assert.ok(wait > 590_000 && wait <= 601_000, String(wait));
      world.asked();
      world.github.rest.rateLimit.set(100);
      await clock.advance(wait - 1_000);
      await limited(head(readBack));
      assert.deepEqual(world.asked(), []);
      await clock.advance(1_000);
      assert.equal(await head(readBack), first);
    }
  });

  it('asks nothing at all while the secondary limit lasts', async () => {
    const clock = new SimulatedClock();
    const readBack = world.open({ clock });
    world.github.rest.faults.next({ kind: 'secondary', retryAfter: 90 });
    assert.equal(await limited(head(readBack)), 90_000);
    world.asked();
    await clock.advance(89_000);
    assert.equal(await limited(readBack.tags(REPOSITORY)), 1_000);
    assert.deepEqual(world.asked(), []);
    await clock.advance(1_000);
    assert.equal(await head(readBack), first);
  });

  it('waits a minute where a limit names no moment', async () => {
    world.github.rest.faults.next({ kind: 'status', status: 429 });
    world.github.rest.rateLimit.set(100);
    assert.equal(await limited(head(world.open({ clock: new SimulatedClock() }))), 60_000);
  });

  it('is refused with a token that was revoked, and reads with the one that takes its place', async () => {
    assert.equal(await head(), first);
    world.github.rest.addToken('ghp_theTokenThatCameNext');
    world.github.rest.revoke(TOKEN);
    await assert.rejects(head(), { code: 'SOURCE_REFUSED' });
    world.token = 'ghp_theTokenThatCameNext';
    assert.equal(await head(), first);
  });

  it('is refused with a token that cannot be sent, and without one, and asks nothing', async () => {
    world.token = 'two\nlines';
    await assert.rejects(head(), { code: 'SOURCE_REFUSED' });
    const none = world.open({
      secret: () => {
        throw new HeadgateError('SECRET_UNAVAILABLE', 'environment variable T: is not set');
      },
    });
    await assert.rejects(head(none), { code: 'SOURCE_REFUSED', message: /variable T: is not set/ });
    assert.deepEqual(world.asked(), []);
  });

  it('spends nothing of the rate limit on heads that have not moved, and sees those that have', async () => {
    const { rateLimit } = world.github.rest;
    assert.equal(await head(), first);
    const { used } = rateLimit.state;
    for (let round = 0; round < 5; round++) assert.equal(await head(), first);
    assert.equal(rateLimit.state.used, used);
    const { after } = await world.github.push({ repository: REPOSITORY, files: { a: '2' } });
    assert.equal(await head(), after);
  });

  it('has null for a ref that GitHub does not show yet, and its head as soon as it does', async () => {
    world.github.rest.faults.unseen(MAIN, 1);
    assert.equal(await head(), undefined);
    assert.equal(await head(), first);
  });

  it('follows a repository to its new name, and tells of it once', async () => {
    world.github.renameRepository(REPOSITORY, 'org/renamed');
    const { log, lines } = recordingLog();
    const readBack = world.open({ log });
    assert.equal(await head(readBack), first);
    assert.equal(await readBack.isAncestor(REPOSITORY, first, first), true);
    assert.deepEqual((await readBack.range(REPOSITORY, first, first)).lacked, []);
    const told = lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
    assert.deepEqual(told, [{ source: 'hub', repository: REPOSITORY, now: 'org/renamed' }]);
  });

  it('sends its token nowhere else, whatever a redirect says', async () => {
    let elsewhere = 0;
    const other = createServer((_, response) => {
      elsewhere += 1;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/api/v3/repositories/1/git/ref/heads/main`;
    const github = createServer((_, response) => response.writeHead(301, { location }).end()).listen(0, '127.0.0.1');
    await once(github, 'listening');
    const url = `http://127.0.0.1:${(github.address() as AddressInfo).port}`;
    try {
      await assert.rejects(head(world.open({ url, clock: hasty })), { code: 'SOURCE_UNREACHABLE', message: /away from the API/ });
      assert.equal(elsewhere, 0);
    } finally {
      for (const server of [other, github]) {
        server.closeAllConnections();
        server.close();
      }
    }
  });

  it('names refs and repositories percent-encoded', async () => {
    await world.readBack.heads(REPOSITORY, ['refs/heads/a%2e#b&c=ü', 'refs/heads/x/y']);
    const paths = world.asked().filter((path) => path.includes('/git/ref/'));
    assert.deepEqual(paths.toSorted(), [
      `GET /repos/org/app/git/ref/heads%2Fa%252e%23b%26c%3D%C3%BC`,
      `GET /repos/org/app/git/ref/heads%2Fx%2Fy`,
    ]);
  });
});
