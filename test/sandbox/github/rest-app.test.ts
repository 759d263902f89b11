import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { assertSchema, client, HERE, pushes, restWorld, type RestWorld } from './rest-world.ts';

describe("the simulated GitHub's Apps", function () {
  this.timeout(30_000);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  let world: RestWorld;
  let clock: SimulatedClock;
  beforeEach(async () => {
    clock = new SimulatedClock();
    world = await restWorld(clock);
    world.github.rest.addApp({ id: 77, slug: 'headgate', publicKey: pem, installations: [5] });
  });
  afterEach(() => world.stop());

  /** @param iat,exp in seconds from now */
  const jwt = ({
    iss = '77',
    iat = -60,
    exp = 540,
    key = privateKey,
  }: {
    iss?: string;
    iat?: number;
    exp?: number;
    key?: KeyObject;
  } = {}) => {
    const now = Math.floor(clock.now() / 1_000);
    return new SignJWT({ iss, iat: now + iat, exp: now + exp }).setProtectedHeader({ alg: 'RS256' }).sign(key);
  };
  const exchange = (token: string, installation_id = 5) =>
    client(world.github, token).rest.apps.createInstallationAccessToken({ installation_id });

  it('changes a signed token of the app for one of its installation, which is good for an hour', async () => {
    await pushes(world.github, 1);
    const { data, status } = await exchange(await jwt());
    assert.equal(status, 201);
    assertSchema('installation-token', data);
    assert.equal(Date.parse(data.expires_at), clock.now() + 3_600_000);
    const octokit = client(world.github, data.token);
    assert.equal((await octokit.rest.git.getRef({ ...HERE, ref: 'heads/main' })).status, 200);
    await assert.rejects(octokit.rest.users.getAuthenticated(), { status: 403, message: /not accessible by integration/ });
    clock.jump(3_600_000);
    await assert.rejects(octokit.rest.git.getRef({ ...HERE, ref: 'heads/main' }), { status: 401 });
  });

  it('tells the app who it is, and shows it the deliveries of its webhook', async () => {
    const octokit = client(world.github, await jwt());
    const { data } = await octokit.rest.apps.getAuthenticated();
    assertSchema('integration', data);
    assert.deepEqual([data?.id, data?.slug], [77, 'headgate']);
    world.github.setWebhook({ url: 'http://127.0.0.1:1/hooks/hub', secret: 'a-secret' });
    await pushes(world.github, 1);
    const [item] = (await octokit.rest.apps.listWebhookDeliveries()).data;
    const installation = (await octokit.rest.apps.getInstallation({ installation_id: 5 })).data;
    assertSchema('installation', installation);
    await assert.rejects(octokit.rest.apps.getInstallation({ installation_id: 6 }), { status: 404 });
    assertSchema('webhook-config', (await octokit.rest.apps.getWebhookConfigForApp()).data);
    assertSchema('hook-delivery-item', item);
    assertSchema('hook-delivery', (await octokit.rest.apps.getWebhookDelivery({ delivery_id: Number(item?.id) })).data);
  });

  it('refuses tokens that are not signed by the key, too old, too long, of the future, or of another app', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    const refused: [string, number, RegExp][] = [
      [await jwt({ key: stranger }), 401, /could not be decoded/],
      ['not.a.token', 401, /could not be decoded/],
      [await jwt({ exp: 0 }), 401, /'exp'\) must be/],
      [await jwt({ exp: 3_600 }), 401, /too far in the future/],
      [await jwt({ iat: 120 }), 401, /'iat'\) must be/],
      [await jwt({ iss: '78' }), 404, /Integration not found/],
    ];
    for (const [token, status, message] of refused) await assert.rejects(exchange(token), { status, message });
    await assert.rejects(exchange(await jwt(), 6), { status: 404 });
  });

  it('lets an app do nothing else by its signed token, and nobody without one', async () => {
    await assert.rejects(client(world.github, await jwt()).rest.repos.get(HERE), { status: 401 });
    await assert.rejects(client(world.github).rest.repos.get(HERE), { status: 401 });
    await assert.rejects(client(world.github).rest.apps.getAuthenticated(), { status: 401 });
  });
});
