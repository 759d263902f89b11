import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { assertSchema, HERE, pushes, restWorld, type RestWorld } from './rest-world.ts';

describe("the simulated GitHub's record of its webhook", function () {
  this.timeout(30_000);
  let world: RestWorld;
  let clock: SimulatedClock;
  let receiver: Server;
  let status: number;
  beforeEach(async () => {
    clock = new SimulatedClock();
    world = await restWorld(clock);
    status = 202;
    receiver = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(status).end('{}'));
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    world.github.setWebhook({ url: `http://127.0.0.1:${port}/hooks/hub`, secret: 'a-secret' });
  });
  afterEach(async () => {
    await world.stop();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const hookId = async (): Promise<number> => (await world.octokit.rest.repos.listWebhooks(HERE)).data[0]?.id ?? 0;

  it('shows the hook of a repository and of the organisation, without its secret', async () => {
    const [hook] = (await world.octokit.rest.repos.listWebhooks(HERE)).data;
    assertSchema('hook', hook);
    assert.deepEqual([hook?.config.secret, hook?.active, hook?.events], ['********', true, ['push']]);
    const [organization] = (await world.octokit.rest.orgs.listWebhooks({ org: 'acme' })).data;
    assertSchema('org-hook', organization);
    assert.equal(organization?.id, hook?.id);
  });

  it('lists deliveries newest first, with what failed, what got lost and what was sent again', async () => {
    await pushes(world.github, 1);
    status = 503;
    await pushes(world.github, 1);
    world.github.lose();
    await pushes(world.github, 1);
    const lost = world.github.deliveries().at(-1);
    status = 200;
    await world.github.redeliver(lost?.id ?? '');
    const { data } = await world.octokit.rest.repos.listWebhookDeliveries({ ...HERE, hook_id: await hookId() });
    for (const item of data) assertSchema('hook-delivery-item', item);
    assert.deepEqual(
      data.map((item) => [item.status, item.status_code, item.redelivery, item.guid === lost?.id]),
      [
        ['OK', 200, true, true],
        ['failed to connect to host', 0, false, true],
        ['Invalid HTTP Response: 503', 503, false, false],
        ['OK', 202, false, false],
      ],
    );
  });

  it('pages by a cursor that stays in place while new deliveries come', async () => {
    await pushes(world.github, 5);
    const hook = await hookId();
    const list = (more: object) => world.octokit.rest.repos.listWebhookDeliveries({ ...HERE, hook_id: hook, per_page: 2, ...more });
    const all = world.github.deliveries().map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data, headers } = await list(cursor === undefined ? {} : { cursor });
      seen.push(...data.map(({ guid }) => guid));
      cursor = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(headers.link ?? '')?.[1];
      await world.github.ping();
    } while (cursor !== undefined);
    assert.deepEqual(seen, all.toReversed());
    await assert.rejects(list({ cursor: 'nonsense' }), { status: 422 });
  });

  it('answers a single delivery with the headers and the payload that were sent', async () => {
    await pushes(world.github, 1);
    const [sent] = world.github.deliveries();
    const hook_id = await hookId();
    const [item] = (await world.octokit.rest.repos.listWebhookDeliveries({ ...HERE, hook_id })).data;
    const { data } = await world.octokit.rest.repos.getWebhookDelivery({ ...HERE, hook_id, delivery_id: Number(item?.id) });
    assertSchema('hook-delivery', data);
    assert.deepEqual(data.request.payload, JSON.parse(sent?.body ?? ''));
    const headers = data.request.headers ?? {};
    assert.deepEqual(
      ['X-GitHub-Delivery', 'X-GitHub-Event', 'X-Hub-Signature-256', 'content-type'].map((name) => headers[name]),
      [sent?.id, 'push', sent?.headers['x-hub-signature-256'], 'application/json'],
    );
    assert.equal(data.response.payload, '{}');
    await assert.rejects(world.octokit.rest.repos.getWebhookDelivery({ ...HERE, hook_id, delivery_id: 999 }), { status: 404 });
    await assert.rejects(world.octokit.rest.repos.listWebhookDeliveries({ ...HERE, hook_id: 1 }), { status: 404 });
  });

  it("keeps to a repository what is a repository's, and gives the organisation all", async () => {
    await world.github.createRepository('acme/other');
    await pushes(world.github, 1);
    await world.github.push({ repository: 'acme/other', files: { a: '1' } });
    const hook_id = await hookId();
    assert.equal((await world.octokit.rest.repos.listWebhookDeliveries({ ...HERE, hook_id })).data.length, 1);
    assert.equal((await world.octokit.rest.orgs.listWebhookDeliveries({ org: 'acme', hook_id })).data.length, 2);
    assert.equal((await world.octokit.rest.orgs.listWebhookDeliveries({ org: 'nobody', hook_id })).data.length, 0);
  });

  it('shows the hook only where it is said to be', async () => {
    const hook_id = await hookId();
    world.github.rest.hookScopes = ['organization'];
    assert.deepEqual((await world.octokit.rest.repos.listWebhooks(HERE)).data, []);
    await assert.rejects(world.octokit.rest.repos.listWebhookDeliveries({ ...HERE, hook_id }), { status: 404 });
    assert.equal((await world.octokit.rest.orgs.listWebhooks({ org: 'acme' })).data.length, 1);
  });

  it('forgets deliveries after three days', async () => {
    await pushes(world.github, 1);
    const hook_id = await hookId();
    clock.jump(3 * 24 * 3_600_000 + 1);
    assert.deepEqual((await world.octokit.rest.repos.listWebhookDeliveries({ ...HERE, hook_id })).data, []);
  });
});
