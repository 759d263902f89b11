import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request, { type Test } from 'supertest';
import { limits } from '#core/limits.ts';
import type { Match } from '#core/ports/journal.ts';
import { replayId } from '#core/replay-id.ts';
import { decision, delivery, done, hint, match, sha, targetOf } from '../conformance/journal/material.ts';
import { ApiWorld, token } from './api-world.ts';

const evil = '"><script>alert(1)</script>';

/** Two pushes: the first applies to two targets, the second is denied; and a ping. */
async function fill({ sqlite: { journal } }: ApiWorld): Promise<void> {
  for (const n of [1, 2]) await journal.append(delivery(n));
  await journal.append(delivery(3, { event: 'ping', deliveryId: evil, reading: { ignored: `event ${evil}` } }));
  await journal.append(delivery(4, { reading: { hint: hint(4, { ref: `refs/heads/${evil}`, repository: `org/${evil}` }) } }));
  await journal.append(delivery(5, { kind: 'replay', deliveryId: replayId('dlv_1', 'key') }));
  const reasons = [{ code: 'other-ref', message: 'ref refs/heads/main is none of refs/heads/prod' }];
  const denied: Match = { ...match(2, []), decisions: [decision('dec_2_web', 'chg_2', targetOf('web'), 'deny', { reasons })] };
  await journal.settle([done(1, ['web', 'api']), { delivery: 'dlv_2', state: 'done', reason: null, match: denied }]);
}

describe('the pages', () => {
  let world: ApiWorld;
  before(async () => {
    world = await ApiWorld.open({ openReading: true });
    await fill(world);
  });
  after(() => world.close());

  const page = (path: string): Test => request(world.app).get(path);

  for (const [path, shown] of [
    ['/', /Recent changes[\s\S]*org\/app/],
    ['/deliveries', /guid-|org\/app/],
    ['/deliveries?source=hub&state=&event=push&repository=&since=', /org\/app/],
    ['/deliveries/dlv_1', /What came of it[\s\S]*chg_1/],
    ['/deliveries/dlv_5', /<dt>Replays<\/dt><dd><a href="\/deliveries\/dlv_1"/],
    ['/deliveries/dlv_1', /Replay[\s\S]*href="\/deliveries\/dlv_5"/],
    ['/deliveries?replayOf=dlv_1', /dlv_5/],
    ['/changes', /chg_2[\s\S]*chg_1/],
    ['/changes?repository=org/app', /chg_1/],
    ['/changes/chg_2', /ref refs\/heads\/main is none of refs\/heads\/prod/],
    [
      '/decisions/dec_1_web',
      /Who allowed this\?[\s\S]*<b>payments<\/b> did, by payments changes\[0\][\s\S]*Record <a href="\/v1\/records\/1">/,
    ],
    ['/decisions/dec_1_web', /<a href="\/policies\/payments">payments<\/a>[\s\S]*unchanged since/],
    [
      '/decisions/dec_2_web',
      /Why was it denied\?[\s\S]*is none of refs\/heads\/prod <span class="slug">other-ref[\s\S]*What would make it pass[\s\S]*Bring it to a ref that <code>changes<\/code>/,
    ],
    ['/people', /Not known to be anybody[\s\S]*Nobody took part in a change/],
    ['/policies', /in force[\s\S]*href="\/policies\/payments">payments<[\s\S]*apps on prod[\s\S]*web.yaml:1:1/],
    [
      '/policies/payments',
      /It takes a change that fits any of these[\s\S]*refs\/heads\/main[\s\S]*What it decided last[\s\S]*\/decisions\/dec_2_web/,
    ],
    [
      '/policies/web',
      /It holds nothing back[\s\S]*<code>realm.role<\/code> is <code>sre or dev<\/code>[\s\S]*later[\s\S]*no say in the last/,
    ],
    ['/changes/chg_2', /href="\/decisions\/dec_2_web">Why, and what would make it pass\?</],
    ['/search?q=nothing-like-it', /Nothing is known of “nothing-like-it”/],
  ] as const) {
    it(`show ${path}, under a strict content security policy`, async () => {
      const { status, text, headers } = await page(path);
      assert.equal(status, 200);
      assert.match(text, shown);
      assert.equal(
        headers['content-security-policy'],
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      );
      assert.deepEqual(
        [headers['x-content-type-options'], headers['referrer-policy'], headers['cache-control']],
        ['nosniff', 'same-origin', 'no-store'],
      );
      assert.doesNotMatch(text, /<script(?! src="\/assets\/headgate.js")|<style| style=|alert\(1\)<\/script>/);
    });
  }

  it('let no name from outside become markup', async () => {
    const { text } = await page('/deliveries');
    assert.match(text, /refs\/heads\/|&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
    assert.match((await page(`/search?q=${encodeURIComponent(evil)}`)).headers['location'] ?? '', /^\/deliveries\/dlv_3$/);
    assert.match((await page(`/deliveries?repository=${encodeURIComponent(evil)}`)).text, /value="&quot;&gt;&lt;script&gt;/);
  });

  for (const [path, status] of [
    ['/changes/chg_404', 404],
    ['/deliveries/dlv_404', 404],
    ['/decisions/dec_404', 404],
    ['/policies/none', 404],
    ['/policies?watch=1', 400],
    ['/nowhere', 404],
    ['/assets/../package.json', 404],
    ['/changes/%E0%A4%A', 404],
    ['/deliveries?state=lost', 400],
    ['/deliveries?sorce=hub', 400],
    ['/deliveries?since=yesterday', 400],
    ['/deliveries?source=a&source=b', 400],
    ['/changes?cursor=nonsense', 400],
    ['/?x=1', 400],
  ] as const) {
    it(`answer ${path} with ${status}, as a page`, async () => {
      const answer = await page(path);
      assert.deepEqual([answer.status, answer.headers['content-type']], [status, 'text/html; charset=utf-8']);
    });
  }

  it('page through deliveries by their address', async () => {
    const many = await ApiWorld.open({ openReading: true });
    for (let n = 1; n <= limits.pages.deliveries + 3; n++) await many.sqlite.journal.append(delivery(n));
    const rows = (text: string): number => text.split('<tr id="row-').length - 1;
    const first = await request(many.app).get('/deliveries?event=push');
    assert.equal(rows(first.text), limits.pages.deliveries);
    const [, older = ''] = /rel="next" href="([^"]+)"/.exec(first.text) ?? [];
    assert.match(older, /^\/deliveries\?event=push&amp;cursor=/);
    const second = await request(many.app).get(older.replaceAll('&amp;', '&'));
    assert.equal(rows(second.text), 3);
    assert.match(second.text, /href="\/deliveries\?event=push">Newest/);
    await many.close();
  });

  for (const [name, path] of [
    [sha(1), '/changes/chg_1'],
    [sha(2), '/changes/chg_2'],
    ['guid-2', '/changes/chg_2'],
    ['', '/'],
  ] as const) {
    it(`lead the search for ${JSON.stringify(name)} to ${path}`, async () => {
      const { status, headers } = await page(`/search?q=${encodeURIComponent(name)}`);
      assert.deepEqual([status, headers['location']], [303, path]);
    });
  }

  it('explain what is put into the form, and nothing while it is empty', async () => {
    const empty = await page('/what-if?repository=&ref=');
    assert.equal(empty.status, 200);
    assert.deepEqual(world.explained, []);
    const { text } = await page('/what-if?repository=org%2Fapp&ref=refs%2Fheads%2Fmain&source=hub&revision=');
    assert.match(text, /Nothing would move[\s\S]*nothing of it is allowed/);
    assert.deepEqual(world.explained, [{ repository: 'org/app', ref: 'refs/heads/main', source: 'hub' }]);
    assert.equal((await page('/what-if?repository=org%2Fapp&ref=main')).status, 400);
  });

  it('list what a search fits when it is more than one', async () => {
    const { status, text } = await page('/search?q=org/app');
    assert.equal(status, 200);
    assert.match(text, /chg_2[\s\S]*chg_1/);
  });

  it('come with style and script that are small, and not sent twice', async () => {
    for (const name of ['headgate.css', 'headgate.js', 'icon.svg']) {
      const { status, headers } = await page(`/assets/${name}`);
      assert.equal(status, 200);
      assert.ok(Number(headers['content-length']) < 20_000);
      const again = await page(`/assets/${name}`).set('if-none-match', headers['etag'] ?? '');
      assert.equal(again.status, 304);
    }
  });
});

describe('who may see the pages', () => {
  let world: ApiWorld;
  before(async () => {
    world = await ApiWorld.open();
    await fill(world);
  });
  after(() => world.close());

  const login = async (): Promise<string> => {
    const { body } = await world.post('/v1/logins', {});
    return body.url as string;
  };

  it('is nobody without a session: the page says how to get one, and tells nothing else', async () => {
    for (const path of ['/', '/changes/chg_1', '/changes/chg_404', '/deliveries?watch=1', '/nowhere']) {
      const { status, text } = await request(world.app).get(path);
      assert.equal(status, 401);
      assert.match(text, /headgate open/);
      assert.doesNotMatch(text, /org\/app|<nav/);
    }
  });

  it('is whoever opens a one-time address, which the operator alone can make', async () => {
    assert.equal((await request(world.app).post('/v1/logins')).status, 401);
    const url = await login();
    assert.equal((await request(world.app).head(url)).status, 404);
    const opened = await request(world.app).get(url);
    assert.deepEqual([opened.status, opened.headers['location']], [303, '/']);
    const [cookie = ''] = opened.headers['set-cookie'] ?? [];
    assert.match(cookie, /^headgate_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    assert.equal(
      (
        await request(world.app)
          .get('/')
          .set('cookie', cookie.split(';')[0] ?? '')
      ).status,
      200,
    );
    assert.equal((await request(world.app).get(url)).status, 401, 'a second time');
  });

  it('marks the cookie for https alone where the browser came by it', async () => {
    const opened = await request(world.app)
      .get(await login())
      .set('x-forwarded-proto', 'https');
    assert.match(String(opened.headers['set-cookie']), /; Secure$/);
  });

  it('does not let a session into the API, which knows tokens only', async () => {
    const opened = await request(world.app).get(await login());
    const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? '';
    assert.equal((await request(world.app).get('/v1/changes').set('cookie', cookie)).status, 401);
    assert.equal((await request(world.app).post('/v1/logins').set('cookie', cookie)).status, 401);
  });

  it('is the operator by token too, and nobody with a wrong one', async () => {
    assert.equal((await request(world.app).get('/').set('authorization', token)).status, 200);
    assert.equal((await request(world.app).get('/').set('authorization', 'Bearer wrong')).status, 401);
  });

  it('is nobody under a name that is not this listener’s', async () => {
    const { status, body } = await request(world.app).get('/').set('host', 'evil.example').set('authorization', token);
    assert.deepEqual([status, body.code], [403, 'HOST_REFUSED']);
  });
});

describe('a live page', () => {
  let world: ApiWorld;
  let server: Server;
  let response: IncomingMessage;
  let unread: string;

  beforeEach(async () => {
    unread = '';
    world = await ApiWorld.open({ openReading: true });
    server = world.app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    response.destroy();
    world.shutdown.abort();
    await new Promise((resolve) => server.close(resolve));
    await world.close();
  });

  async function watch(path: string): Promise<void> {
    const sent = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', path, agent: false });
    [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.setEncoding('utf8');
  }

  /** The HTML of the next fragment. */
  async function fragment(): Promise<string> {
    for (;;) {
      const end = unread.indexOf('\n\n');
      if (end >= 0) {
        const event = unread.slice(0, end).split('\n');
        unread = unread.slice(end + 2);
        assert.equal(event[0], 'event: fragment');
        return event
          .slice(1)
          .map((line) => line.slice('data: '.length))
          .join('\n');
      }
      const chunk: unknown = response.read();
      if (chunk === null) await once(response, 'readable');
      else unread += chunk as string;
    }
  }

  async function arrive(n: number): Promise<void> {
    await world.sqlite.journal.append(delivery(n));
    world.announcer.announce('delivery', `dlv_${n}`);
  }

  it('sends what it shows, and again when something has come, as HTML of the server', async () => {
    await watch('/deliveries?watch=1');
    assert.match(await fragment(), /No delivery fits/);
    await arrive(1);
    await world.sqlite.elapse(limits.http.fragmentInterval);
    assert.match(await fragment(), /^<table class="list">[\s\S]*id="row-dlv_1"/);
  });

  it('renders once for many announcements within its interval', async () => {
    await watch('/deliveries?watch=1');
    await fragment();
    for (let n = 1; n <= 20; n++) await arrive(n);
    await world.sqlite.elapse(limits.http.fragmentInterval);
    assert.match(await fragment(), /id="row-dlv_20"/);
    assert.equal(unread, '');
  });

  it('answers 404 for what there is not, before it streams', async () => {
    await watch('/changes/chg_404?watch=1');
    assert.equal(response.statusCode, 404);
  });

  it('is bounded like the other streams', async () => {
    await watch('/deliveries?watch=1');
    assert.deepEqual([response.statusCode, response.headers['content-type']], [200, 'text/event-stream']);
    world.shutdown.abort();
    response.resume();
    await once(response, 'end');
  });
});
