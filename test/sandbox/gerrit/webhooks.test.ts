import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '#core/clock.ts';
import { gerritWorld, type GerritWorld, type Json } from './gerrit-world.ts';

/** Waits for nothing: pauses are over at once. */
const hurried = { ...systemClock, after: (_ms: number, task: () => void) => systemClock.after(0, task) };
const REMOTE = '/a/config/server/webhooks~projects/demo%2Fapp/remotes/headgate';

describe('the simulated Gerrit: its plugins', function () {
  this.timeout(30_000);
  let world: GerritWorld;
  let receiver: Server;
  let received: { readonly request: IncomingMessage; readonly body: Json }[];
  let answers: (request: IncomingMessage) => { status: number; headers?: Record<string, string> };

  beforeEach(async () => {
    world = await gerritWorld({ clock: hurried });
    received = [];
    receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        received.push({ request, body: JSON.parse(body) });
        const { status, headers = {} } = answers(request);
        response.writeHead(status, headers).end();
        receiver.emit('answered');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await world.stop();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const address = (userInfo = ''): string => `http://${userInfo}127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/gerrit`;
  const allow = async (): Promise<void> => {
    const rules = { [world.gerrit.group('Administrators').uuid]: {} };
    await world.gerrit.setAccess('demo/app', { 'refs/meta/config': { permissions: { read: { rules }, push: { rules } } } });
  };
  const install = async (url: string): Promise<void> => {
    await allow();
    const { status } = await world.rest('admin', REMOTE, { method: 'PUT', body: { url, events: ['ref-updated'] } });
    assert.equal(status, 201);
  };
  const posts = async (count: number): Promise<void> => {
    while (received.length < count) await once(receiver, 'answered');
  };

  it('does not let an administrator write remotes without the right to push the configuration', async () => {
    const refused = await world.rest('admin', REMOTE, { method: 'PUT', body: { url: address() } });
    assert.deepEqual([refused.status, refused.body], [403, 'not allowed to update webhooks\n']);
    await allow();
    await world.rest('admin', REMOTE, { method: 'PUT', body: { url: address(), maxTries: 3, max_tries: 7 } });
    const { body } = await world.rest('admin', REMOTE, { method: 'PUT', body: { retry_interval: 10 } });
    assert.deepEqual(body, {
      url: address(),
      events: [],
      connection_timeout: 5_000,
      socket_timeout: 5_000,
      max_tries: 7,
      retry_interval: 10,
      ssl_verify: false,
    });
  });

  for (const [status, count] of [
    [503, 30],
    [429, 5],
    [404, 5],
    [307, 5],
    [204, 1],
  ] as const) {
    it(`posts ${count} times to who answers ${status}`, async () => {
      answers = ({ headers }) => ({ status: headers['x-origin-url'] === undefined ? 500 : status, headers: { location: '/' } });
      await install(address());
      await world.gerrit.push({ project: 'demo/app', files: { a: '1' } });
      await posts(count);
      const [first] = received;
      assert.equal(first?.body.refUpdate.project, 'demo/app');
      assert.match(first?.request.headers['user-agent'] ?? '', /^Apache-HttpClient/);
      answers = () => ({ status: 200 });
      await world.gerrit.push({ project: 'demo/app', files: { b: '1' } });
      await posts(count + 1);
      assert.notEqual(received[count]?.body.refUpdate.newRev, first?.body.refUpdate.newRev);
    });
  }

  it('sends the credentials of its URL only when it is asked for them', async () => {
    answers = ({ headers }) =>
      headers.authorization === undefined ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } } : { status: 202 };
    await install(address('headgate:secret@'));
    await world.gerrit.push({ project: 'demo/app', files: { a: '1' } });
    await posts(2);
    const sent = received.map(({ request }) => request.headers.authorization);
    assert.deepEqual(sent, [undefined, `Basic ${Buffer.from('headgate:secret').toString('base64')}`]);
  });

  it('names projects and keys as objects in webhooks', async () => {
    answers = () => ({ status: 200 });
    await install(address());
    await world.rest('admin', REMOTE, { method: 'PUT', body: { events: ['change-merged'] } });
    const change = await world.gerrit.createChange({ project: 'demo/app', files: { a: '1' } });
    await world.gerrit.vote(change, { value: 2 });
    await world.gerrit.submit(change);
    await posts(1);
    assert.deepEqual([received[0]?.body.project, received[0]?.body.changeKey], [{ name: 'demo/app' }, { key: change.changeId }]);
  });

  it('logs events in local time, late, and answers a date that it cannot read with nothing', async () => {
    const { gerrit } = world;
    const log = async (query: string): Promise<string> => (await world.rest('bot', `/a/plugins/events-log/events/?${query}`)).body;
    gerrit.eventsLog.flushAfter = 60_000;
    await gerrit.push({ project: 'demo/app', files: { a: '1' } });
    assert.equal(await log(''), '');
    gerrit.eventsLog.flushAfter = 0;
    assert.match(await log(''), /"type":"ref-updated"/);
    assert.equal(await log('t1=yesterday'), '');
    const hour = (shift: number): string => new Date(Date.now() + shift * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    gerrit.eventsLog.zone = 120;
    assert.equal(await log(`t1=${encodeURIComponent(hour(-1))};t2=${encodeURIComponent(hour(1))}`), '');
    assert.match(await log(`t1=${encodeURIComponent(hour(1))};t2=${encodeURIComponent(hour(3))}`), /"type":"ref-updated"/);
    gerrit.plugins.eventsLog = false;
    assert.equal((await world.rest('bot', '/a/plugins/events-log/events/')).status, 404);
  });
});
