import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createRecovery } from '#adapters/github/recovery.ts';
import { readEvent } from '#adapters/github/receive.ts';
import { limits } from '#core/limits.ts';
import type { MissedQuestion, RecoveredDelivery } from '#core/ports/source-adapter.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { HookDelivery } from '#sandbox/github/webhook.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

describe("GitHub's own record of deliveries", function () {
  this.timeout(120_000);
  let world: ApiWorld;
  let clock: SimulatedClock;

  beforeEach(async () => {
    clock = new SimulatedClock();
    world = await startApiWorld(clock);
    await world.github.createRepository(REPOSITORY);
    // Everything gets lost: nothing has to listen there.
    world.github.setWebhook({ url: 'http://127.0.0.1:9/hooks/hub', secret: 'a-secret' });
    world.github.lose(1_000);
  });
  afterEach(() => world.stop());

  async function push(count: number): Promise<readonly HookDelivery[]> {
    const before = world.github.deliveries().length;
    for (let index = 0; index < count; index++) await world.github.push({ repository: REPOSITORY, files: { a: `${before} ${index}` } });
    return world.github.deliveries().slice(before);
  }

  const missed = async (more: Partial<MissedQuestion> = {}, access = world.access(), source = 'hub') => {
    const asked = { since: 0, repositories: [REPOSITORY], known: () => Promise.resolve(new Set<string>()), ...more };
    const { deliveries, unread } = await createRecovery(access, source, clock)(asked);
    const all: RecoveredDelivery[] = [];
    for await (const delivery of deliveries) all.push(delivery);
    return { deliveries: all, unread };
  };
  const ids = ({ deliveries }: Awaited<ReturnType<typeof missed>>) => deliveries.map(({ deliveryId }) => deliveryId);

  it('has what got lost, with an event that reads like the one that was sent', async () => {
    const [sent] = await push(1);
    const { deliveries, unread } = await missed();
    const [delivery, ...others] = deliveries;
    assert.ok(sent && delivery);
    assert.deepEqual([others, unread], [[], []]);
    assert.deepEqual([delivery.deliveryId, delivery.event, delivery.at], [sent.id, 'push', sent.at]);
    assert.equal(delivery.headers['x-github-event'], 'push');
    assert.equal(delivery.headers['x-hub-signature-256'], undefined);
    assert.deepEqual(readEvent('push', delivery.body, delivery.headers), readEvent('push', Buffer.from(sent.body)));
  });

  it('fetches none that is known, and none from before', async () => {
    const old = await push(1);
    await clock.advance(60_000);
    const [first, second] = await push(2);
    const known = () => Promise.resolve(new Set([first?.id ?? '']));
    assert.deepEqual(ids(await missed({ since: (old[0]?.at ?? 0) + 1, known })), [second?.id]);
  });

  it('looks through all pages, oldest first', async () => {
    const sent = await push(102);
    assert.deepEqual(
      ids(await missed()),
      sent.map(({ id }) => id),
    );
  });

  it('fetches each when it is asked for, and not too many in one go', async () => {
    const sent = await push(5);
    const asked = { since: 0, repositories: [REPOSITORY], known: () => Promise.resolve(new Set<string>()) };
    const { deliveries } = await createRecovery(world.access(), 'hub', clock, 3)(asked);
    world.asked();
    const taken: string[] = [];
    for await (const { deliveryId } of deliveries) {
      taken.push(deliveryId);
      assert.equal(world.asked().length, 1);
    }
    assert.deepEqual(
      taken,
      sent.slice(0, 3).map(({ id }) => id),
    );
  });

  it('leaves out what would have been too large to be taken', async () => {
    const [sent] = await push(1);
    await world.github.push({ repository: REPOSITORY, files: { b: '1' }, message: 'x'.repeat(limits.http.bodyBytes) });
    assert.deepEqual(ids(await missed()), [sent?.id]);
  });

  it('leaves the webhooks of others alone', async () => {
    await push(1);
    assert.deepEqual(ids(await missed({}, world.access(), 'other')), []);
  });

  it('finds those of an organisation and of an App, and names whose webhooks it may not read', async () => {
    const sent = await push(1);
    world.github.rest.hookScopes = ['organization'];
    world.github.rest.faults.next({ kind: 'status', status: 404 }, { path: `${REPOSITORY}/hooks` });
    const found = await missed();
    assert.deepEqual([ids(found), found.unread], [[sent[0]?.id], [REPOSITORY]]);
  });

  it('finds those of an App, as the App', async () => {
    const sent = await push(1);
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    world.github.rest.addApp({ id: 7, slug: 'headgate', publicKey: publicPem, installations: [70] });
    world.github.rest.hookScopes = ['app'];
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' });
    const api = { app: { id: 7, installation: 70, key: { file: 'key.pem' } } };
    assert.deepEqual(ids(await missed({}, world.access({ api, secret: () => Buffer.from(pem) }))), [sent[0]?.id]);
  });
});
