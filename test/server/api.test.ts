import assert from 'node:assert/strict';
import type { Finding } from '#core/finding.ts';
import request from 'supertest';
import type { Match } from '#core/ports/journal.ts';
import { decision, delivery, done, match, targetOf } from '../conformance/journal/material.ts';
import { ApiWorld, token } from './api-world.ts';

const ids = (body: { items: { id: string }[] }): string[] => body.items.map(({ id }) => id);

describe('the API', () => {
  let world: ApiWorld;

  before(async () => {
    world = await ApiWorld.open();
    const { journal } = world.sqlite;
    for (const n of [1, 2, 3]) await journal.append(delivery(n));
    await journal.append(delivery(4, { event: 'ping', source: 'mirror', deliveryId: 'guid-1', reading: { ignored: 'event ping' } }));
    const denied: Match = { ...match(2, []), decisions: [decision('dec_2_web', 'chg_2', targetOf('web'), 'deny')] };
    await journal.settle([done(1, ['web', 'api']), { delivery: 'dlv_2', state: 'done', reason: null, match: denied }]);
  });
  after(() => world.close());

  describe('lets in', () => {
    it('whoever has the operator token, and nobody else', async () => {
      for (const authorization of [undefined, '', 'Bearer wrong', `${token}x`, token.toLowerCase(), 'Basic b3A6eA==']) {
        const sent = request(world.app).get('/v1/status');
        const answer = await (authorization === undefined ? sent : sent.set('authorization', authorization));
        assert.deepEqual([answer.status, answer.body.code, answer.type], [401, 'UNAUTHENTICATED', 'application/problem+json']);
        assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
      }
      assert.equal((await world.get('/v1/status')).status, 200);
    });

    it('readers without a token where reading is open, but no requests and no wrong token', async () => {
      const open = await ApiWorld.open({ openReading: true });
      try {
        assert.equal((await request(open.app).get('/v1/deliveries')).status, 200);
        assert.equal((await request(open.app).get('/v1/deliveries').set('authorization', 'Bearer wrong')).status, 401);
        assert.equal((await request(open.app).post('/v1/reconciles').send({})).status, 401);
      } finally {
        await open.close();
      }
    });

    it('only requests for a name of its own, so that no web page can have a name resolve here', async () => {
      for (const host of [
        'localhost',
        'LOCALHOST:9080',
        '127.0.0.1:9080',
        '[::1]:9080',
        'headgate.example.com',
        'headgate.example.com:443',
        '10.0.0.7',
      ])
        assert.equal((await world.get('/v1/status').set('host', host)).status, 200, host);
      for (const host of [
        'evil.example',
        'localhost.evil.example',
        'headgate.example.com.evil.example',
        'localhost:9080@evil.example',
        'a b',
        '1.2.3.4.evil.example',
        'evilheadgate.example.com',
        'notlocalhost',
      ]) {
        const answer = await world.get('/v1/status').set('host', host);
        assert.deepEqual([answer.status, answer.body.code], [403, 'HOST_REFUSED'], host);
      }
    });
  });

  describe('lists', () => {
    it('deliveries from the newest, times as text', async () => {
      const { status, body, type, headers } = await world.get('/v1/deliveries');
      assert.deepEqual([status, type, headers['cache-control']], [200, 'application/json', 'no-store']);
      assert.deepEqual(ids(body), ['dlv_4', 'dlv_3', 'dlv_2', 'dlv_1']);
      assert.equal(body.next, null);
      assert.equal(body.items[3].receivedAt, '1970-01-01T00:00:01.001Z');
      assert.equal(body.items[3].hint.repository, 'org/app');
      assert.equal(body.items[0].reason, 'event ping');
    });

    it('page by page', async () => {
      const first = (await world.get('/v1/deliveries?limit=3')).body;
      assert.deepEqual(ids(first), ['dlv_4', 'dlv_3', 'dlv_2']);
      const rest = (await world.get(`/v1/deliveries?limit=3&cursor=${encodeURIComponent(String(first.next))}`)).body;
      assert.deepEqual([ids(rest), rest.next], [['dlv_1'], null]);
    });

    const filtered: readonly [string, readonly string[]][] = [
      ['deliveries?source=mirror', ['dlv_4']],
      ['deliveries?state=pending', ['dlv_3']],
      ['deliveries?event=ping', ['dlv_4']],
      ['deliveries?repository=org/app', ['dlv_3', 'dlv_2', 'dlv_1']],
      ['deliveries?deliveryId=guid-1', ['dlv_4', 'dlv_1']],
      ['deliveries?since=1970-01-01T00:00:01.003Z', ['dlv_4', 'dlv_3']],
      ['deliveries?since=30m', []],
      ['changes', ['chg_2', 'chg_1']],
      ['changes?ref=refs/heads/main&source=hub&repository=org/app', ['chg_2', 'chg_1']],
      ['changes?revision=0000000000000000000000000000000000000002', ['chg_2']],
      ['changes?brought=57', []],
      ['changes?delivery=dlv_1', ['chg_1']],
      ['decisions?verdict=deny', ['dec_2_web']],
      ['decisions?change=chg_1&target=prod/GitRepository/apps/api', ['dec_1_api']],
      ['reconciles?target=prod/GitRepository/apps/web', ['rec_1_web']],
      ['reconciles?state=queued&change=chg_1', ['rec_1_api', 'rec_1_web']],
      ['reconciles?outcome=applied', []],
    ];
    for (const [query, expected] of filtered)
      it(`${query} as ${expected.join(' ') || 'nothing'}`, async () => {
        const { status, body } = await world.get(`/v1/${query}`);
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual(ids(body).toSorted(), expected.toSorted());
      });

    const refused: readonly [string, RegExp][] = [
      ['deliveries?sorce=hub', /unknown parameter sorce; known are .*source/],
      ['deliveries?state=lost', /^state: /],
      ['deliveries?source=a&source=b', /source is given twice/],
      ['deliveries?limit=0', /^limit: .*1 to 500/],
      ['deliveries?limit=501', /^limit: .*at most 500/],
      ['deliveries?limit=1e3', /^limit: /],
      ['deliveries?cursor=', /^cursor: /],
      ['deliveries?cursor=nonsense', /cursor/],
      ['deliveries?since=yesterday', /^since: must be a moment in RFC 3339 or a duration/],
      ['deliveries?source=', /^source: /],
      ['deliveries?watch=maybe', /^watch: /],
      ['changes?revision=abc', /^revision: must be 4 to 64/],
      ['changes?brought=I57', /^brought: must be the number of a change/],
      ['changes?revision=%25%25%25%25', /^revision: /],
      ['deliveries/dlv_1?x=1', /x/],
      ['targets?watch=1', /watch/],
      ['targets/prod', /cluster\/kind\/namespace\/name/],
      ['status?verbose', /verbose/],
      ['policies?limit=1', /limit/],
    ];
    for (const [query, message] of refused)
      it(`nothing for ${query}, and says why`, async () => {
        const { status, body } = await world.get(`/v1/${query}`);
        assert.deepEqual([status, body.code], [400, 'REQUEST_INVALID'], JSON.stringify(body));
        assert.match(String(body.detail), message);
      });
  });

  describe('shows', () => {
    it('a delivery by our id, or by the sender’s when only one source used it', async () => {
      assert.equal((await world.get('/v1/deliveries/dlv_3')).body.deliveryId, 'guid-3');
      assert.equal((await world.get('/v1/deliveries/guid-3')).body.id, 'dlv_3');
      const ambiguous = await world.get('/v1/deliveries/guid-1');
      assert.deepEqual([ambiguous.status, ambiguous.body.code], [409, 'AMBIGUOUS']);
    });

    it('a change with its whole story', async () => {
      const { body } = await world.get('/v1/changes/chg_1');
      assert.deepEqual(Object.keys(body).toSorted(), ['brought', 'candidates', 'change', 'decisions', 'delivery', 'reconciles']);
      assert.deepEqual([body.change.id, body.delivery.id, body.decisions.length, body.reconciles.length], ['chg_1', 'dlv_1', 2, 2]);
    });

    it('a decision and a reconcile', async () => {
      assert.equal((await world.get('/v1/decisions/dec_1_web')).body.verdict, 'allow');
      assert.equal((await world.get('/v1/reconciles/rec_1_web')).body.decision, 'dec_1_web');
    });

    for (const path of [
      'deliveries/x',
      'changes/x',
      'decisions/x',
      'reconciles/x',
      'policies/x',
      'targets/a/b/c/d',
      'nothing',
      'deliveries/',
      'Deliveries',
      '',
    ])
      it(`404 for /v1/${path}`, async () => {
        const { status, body } = await world.get(`/v1/${path}`);
        assert.deepEqual([status, body.code], [404, 'NOT_FOUND']);
      });

    it('404 for a path that cannot be decoded', async () => {
      assert.deepEqual((await world.get('/v1/deliveries/%E0%A4%A')).status, 404);
    });
  });

  describe('shows targets', () => {
    it('in the order of their keys, with what follows and how it last went', async () => {
      const { body } = await world.get('/v1/targets');
      assert.deepEqual(
        body.items.map((item: { key: string; latest: { id: string } | null }) => [item.key, item.latest?.id ?? null]),
        [
          ['prod/GitRepository/apps/api', 'rec_1_api'],
          ['prod/GitRepository/apps/db', null],
          ['prod/GitRepository/apps/web', 'rec_1_web'],
        ],
      );
      const { target, url, namespaces, consumers, clusterState } = body.items[2];
      assert.deepEqual(
        [target.name, url, namespaces, consumers, clusterState],
        ['web', 'https://github.com/org/web', ['apps'], [], 'synced'],
      );
    });

    it('page by page and filtered', async () => {
      const first = (await world.get('/v1/targets?limit=2&cluster=prod&namespace=apps&kind=GitRepository')).body;
      assert.equal(first.next, 'prod/GitRepository/apps/db');
      const rest = (await world.get(`/v1/targets?limit=2&cursor=${encodeURIComponent(String(first.next))}`)).body;
      assert.deepEqual([rest.items.length, rest.items[0].key, rest.next], [1, 'prod/GitRepository/apps/web', null]);
      assert.deepEqual((await world.get('/v1/targets?cluster=lab')).body, { items: [], next: null });
    });

    it('by key, whether its slashes are encoded or not', async () => {
      for (const path of ['prod/GitRepository/apps/web', 'prod%2FGitRepository%2Fapps%2Fweb'])
        assert.equal((await world.get(`/v1/targets/${path}`)).body.key, 'prod/GitRepository/apps/web');
    });
  });

  it('shows what a check finds', async () => {
    const { findings } = (await world.get('/v1/checks')).body as { findings: readonly Finding[] };
    assert.deepEqual(
      findings.map(({ code, about, severity }) => [code, about, severity]),
      [['CLUSTER_NONE', 'clusters', 'warning']],
    );
    assert.match(findings[0]?.mend ?? '', /spec\.clusters/);
  });

  it('shows policies', async () => {
    const { items, next } = (await world.get('/v1/policies')).body as { items: { name: string; mode: string }[]; next: null };
    assert.deepEqual(items.map(({ name, mode }) => [name, mode]).concat([[String(next)]]), [
      ['payments', 'enforce'],
      ['web', 'audit'],
      ['null'],
    ]);
    assert.deepEqual((await world.get('/v1/policies/web')).body, items[1]);
  });

  it('shows the status of everything', async () => {
    await world.sqlite.elapse(90_500);
    const { body } = await world.get('/v1/status');
    assert.deepEqual(body, {
      version: '1.2.3',
      startedAt: '2026-01-01T00:00:00.000Z',
      uptimeSeconds: 90,
      clusters: [{ cluster: 'prod', state: 'synced', known: true, message: null, kinds: [] }],
      sources: [{ name: 'hub', type: 'github', stream: null }],
      sinks: [{ name: 'chat', oldestAt: '1970-01-01T00:00:00.000Z', trouble: null }],
      queue: { waiting: 1, active: 0, retrying: 0, oldestMs: 5 },
      journal: { deliveries: { pending: 1, done: 2, ignored: 1, dead: 0 }, queued: 2, observing: 0, writable: true },
    });
  });

  it('answers a defect without telling of it, and logs it', async () => {
    const broken = await ApiWorld.open({
      policies: () => {
        throw new Error('canary');
      },
    });
    try {
      const { status, body, text } = await broken.get('/v1/policies');
      assert.deepEqual([status, body.code], [500, 'INTERNAL']);
      assert.ok(!text.includes('canary'));
      assert.equal(broken.lines.filter(({ level }) => level === 'error').length, 1);
    } finally {
      await broken.close();
    }
  });
});
