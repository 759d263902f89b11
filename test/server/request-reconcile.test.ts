import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadgateError } from '#core/errors.ts';
import type { Story } from '#core/ports/journal.ts';
import { decision, delivery, done, targetOf } from '../conformance/journal/material.ts';
import { SqliteWorld } from '../journal/sqlite-world.ts';
import { ApiWorld, token } from './api-world.ts';

const body = { cluster: 'prod', namespace: 'apps', kind: 'GitRepository', name: 'web', revision: 'b'.repeat(40), force: true };

describe('POST /v1/reconciles', () => {
  let sqlite: SqliteWorld;
  let world: ApiWorld;
  let recorded: Story;
  let story: Story;

  before(async () => {
    sqlite = await SqliteWorld.open();
    await sqlite.journal.append(delivery(1));
    await sqlite.journal.settle([done(1, ['web'])]);
    const found = await sqlite.journal.story('chg_1');
    assert.ok(found);
    recorded = found;
  });
  after(() => sqlite.destroy());

  beforeEach(() => {
    story = recorded;
    world = ApiWorld.over(sqlite);
    world.stories = () => Promise.resolve([story]);
  });

  it('answers 202 with the decision and the reconcile that it began', async () => {
    const answer = await world.post('/v1/reconciles', body);

    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual([answer.body.stories[0].decisions[0].id, answer.body.stories[0].reconciles[0].id], ['dec_1_web', 'rec_1_web']);
    assert.deepEqual(world.asked[0]?.request, { ...body, requester: 'operator', remote: '127.0.0.1' });
    assert.equal(world.asked[0].waitMs, 0);
  });

  it('passes on only what was given', async () => {
    await world.post('/v1/reconciles?wait=60s', { cluster: 'prod', namespace: 'apps' });
    assert.deepEqual(world.asked[0]?.request, { cluster: 'prod', namespace: 'apps', requester: 'operator', remote: '127.0.0.1' });
    assert.equal(world.asked[0].waitMs, 60_000);
  });

  it('answers 200 when everything has ended', async () => {
    story = { ...story, reconciles: story.reconciles.map((one) => ({ ...one, state: 'ended', outcome: 'applied' })) };
    assert.equal((await world.post('/v1/reconciles?wait=5m', body)).status, 200);
  });

  it('answers 403 with every reason when policy allows none of it', async () => {
    const reasons = [{ code: 'no-policy', message: 'no policy covers apps' }];
    story = { ...story, decisions: [decision('dec_9', 'chg_1', targetOf('web'), 'deny', { reasons })], reconciles: [] };
    const answer = await world.post('/v1/reconciles', body);
    assert.deepEqual([answer.status, answer.body.code, answer.body.detail], [403, 'DENIED', 'no policy covers apps']);
    assert.deepEqual(answer.body.reasons, reasons);
    assert.deepEqual(answer.body.decisions, ['dec_9']);
  });

  for (const [code, status] of [
    ['NOT_FOUND', 404],
    ['AMBIGUOUS', 409],
    ['DENIED', 403],
    ['CLUSTER_UNREACHABLE', 503],
  ] as const)
    it(`passes ${code} on as ${status}`, async () => {
      world.stories = () => Promise.reject(new HeadgateError(code, 'because'));
      const answer = await world.post('/v1/reconciles', body);
      assert.deepEqual([answer.status, answer.body.code, answer.body.detail], [status, code, 'because']);
    });

  const refused: readonly [unknown, RegExp][] = [
    [{}, /cluster: .*; namespace: /],
    [{ ...body, cluster: '' }, /cluster/],
    [{ ...body, namespace: '../x' }, /namespace: must be a Kubernetes name/],
    [{ ...body, kind: 'gitrepository' }, /kind: must be a kind/],
    [{ ...body, revision: 'main' }, /revision: must be a full commit id/],
    [{ ...body, force: 'yes' }, /force/],
    [{ ...body, pin: true }, /pin/],
    [[], /object/],
    ['{', /not JSON/],
    ['['.repeat(65), /nested more than 64/],
  ];
  for (const [sent, message] of refused)
    it(`refuses ${JSON.stringify(sent).slice(0, 60)}`, async () => {
      const answer = await world.post('/v1/reconciles', sent);
      assert.deepEqual([answer.status, answer.body.code], [400, 'REQUEST_INVALID'], answer.text);
      assert.match(String(answer.body.detail), message);
      assert.equal(world.asked.length, 0);
    });

  it('refuses waits that are none or too long, and parameters that it does not know', async () => {
    for (const query of ['wait=60', 'wait=forever', 'wait=6m', 'wait=-1s', 'dryRun=1'])
      assert.equal((await world.post(`/v1/reconciles?${query}`, body)).body.code, 'REQUEST_INVALID', query);
  });

  it('refuses large and encoded bodies', async () => {
    assert.equal((await world.post('/v1/reconciles', { ...body, name: 'a'.repeat(70_000) })).status, 413);
    assert.equal((await world.post('/v1/reconciles', body).set('content-encoding', 'gzip')).status, 415);
  });

  it('stops waiting when the client has gone', async () => {
    const gone = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    world.stories = () => {
      world.asked[0]?.signal.addEventListener('abort', () => gone.resolve());
      entered.resolve();
      return gone.promise.then(() => [story]);
    };
    const server = world.app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sent = httpRequest({
      port,
      host: '127.0.0.1',
      path: '/v1/reconciles?wait=60s',
      method: 'POST',
      headers: { authorization: token },
    });
    sent.on('error', () => {});
    sent.end(JSON.stringify(body));

    await entered.promise;
    sent.destroy();
    await gone.promise;

    server.close();
  });

  it('is refused while shutting down', async () => {
    world.shutdown.abort();
    const answer = await world.post('/v1/reconciles', body);
    assert.deepEqual([answer.status, answer.body.code], [503, 'SHUTTING_DOWN']);
  });
});
