import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { ReadBack } from '#core/ports/read-back.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { History } from '../../conformance/read-back/history.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

const MAIN = 'refs/heads/main';
const HOUR = 60 * 60_000;

describe('speaking as a GitHub App', function () {
  this.timeout(30_000);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' });
  let world: ApiWorld;
  let clock: SimulatedClock;
  let readBack: ReadBack;
  let first: string;

  beforeEach(async () => {
    clock = new SimulatedClock();
    world = await startApiWorld(clock);
    await world.github.createRepository(REPOSITORY);
    first = await new History(world.github.repository(REPOSITORY).directory).one(MAIN, { a: '1' });
    world.github.rest.addApp({
      id: 7,
      slug: 'headgate',
      publicKey: publicPem,
      installations: [70],
    });
    readBack = as({});
  });
  afterEach(() => world.stop());

  const as = (app: { id?: number; installation?: number }, key: string | Buffer = pem): ReadBack =>
    world.open({ clock, secret: () => Buffer.from(key), api: { app: { id: 7, installation: 70, key: { file: 'key.pem' }, ...app } } });
  const head = async (from = readBack) => (await from.heads(REPOSITORY, [MAIN])).get(MAIN)?.commit;
  const tokens = () => world.asked().filter((path) => path.endsWith('/access_tokens')).length;

  it('buys one token for many requests, and another one shortly before its end', async () => {
    await Promise.all(Array.from({ length: 20 }, () => head()));
    assert.equal(tokens(), 1);
    await clock.advance(HOUR - 6 * 60_000);
    assert.equal(await head(), first);
    assert.equal(tokens(), 0);
    await clock.advance(2 * 60_000);
    assert.equal(await head(), first);
    assert.equal(tokens(), 1);
  });

  it('buys another token when GitHub takes the one it has no more', async () => {
    assert.equal(await head(), first);
    const [used] = world.github.rest.requests().filter(({ path }) => path.includes('/git/ref/'));
    world.github.rest.revoke(used?.authorization?.replace('Bearer ', '') ?? '');
    assert.equal(await head(), first);
    assert.equal(tokens(), 2);
  });

  it('is refused without its installation, with the key of another App, and with a key that is none', async () => {
    await assert.rejects(head(as({ installation: 71 })), { code: 'SOURCE_REFUSED' });
    await assert.rejects(head(as({ id: 8 })), { code: 'SOURCE_REFUSED' });
    const other = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    await assert.rejects(head(as({}, other)), { code: 'SOURCE_REFUSED' });
    await assert.rejects(head(as({}, 'no key')), { code: 'SOURCE_REFUSED', message: /no RSA key in PEM/ });
  });
});
