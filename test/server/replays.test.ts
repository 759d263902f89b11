import assert from 'node:assert/strict';
import fc from 'fast-check';
import request from 'supertest';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { ApiWorld } from './api-world.ts';

const body = { deliveries: ['dlv_1'] };
const entered = { delivery: 'dlv_1', replay: 'dlv_2', known: false };

describe('POST /v1/replays', () => {
  let world: ApiWorld;
  beforeEach(async () => {
    world = await ApiWorld.open();
    world.replayed = () => Promise.resolve([entered]);
  });
  afterEach(() => world.close());

  it('answers 202 with an item for each when something was entered', async () => {
    const answer = await world.post('/v1/replays', body);
    assert.deepEqual([answer.status, answer.body], [202, { dryRun: false, items: [entered] }]);
    assert.deepEqual(world.replays, [{ selection: body, dryRun: false, key: null, remote: '127.0.0.1' }]);
  });

  it('answers 200 when nothing was: known already, refused, dry', async () => {
    for (const item of [
      { ...entered, known: true },
      { ...entered, replay: null },
    ]) {
      world.replayed = () => Promise.resolve([item]);
      assert.equal((await world.post('/v1/replays', { ...body, dryRun: true })).status, 200);
    }
    assert.equal(world.replays[0]?.dryRun, true);
  });

  it('passes the key of the request on', async () => {
    await world.post('/v1/replays', body).set('idempotency-key', '"8e03978e-40d5"');
    assert.equal(world.replays[0]?.key, '"8e03978e-40d5"');
  });

  it('reads spans of time as moments or as how long ago', async () => {
    const now = world.sqlite.clock.now();
    const since = new Date(now - 7_200_000).toISOString();
    await world.post('/v1/replays', { since, until: '30m', source: 'hub', repository: 'org/app', state: 'dead' });
    const span = { since: now - 7_200_000, until: now - 1_800_000 };
    assert.deepEqual(world.replays[0]?.selection, { ...span, source: 'hub', repository: 'org/app', state: 'dead' });
    await world.post('/v1/replays', { since: '2h' });
    assert.deepEqual(world.replays[1]?.selection, { since: span.since });
  });

  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{}, /since: /],
    [{ deliveries: [] }, /deliveries: /],
    [{ deliveries: [''] }, /deliveries.0: /],
    [{ deliveries: 'dlv_1' }, /deliveries: /],
    [{ deliveries: Array.from({ length: limits.replay.deliveries + 1 }, () => 'd') }, /deliveries: /],
    [{ ...body, since: '2h' }, /since/],
    [{ ...body, dryRun: 'yes' }, /dryRun: /],
    [{ ...body, force: true }, /force/],
    [{ since: 'yesterday' }, /since: must be a moment in RFC 3339 or a duration/],
    [{ since: '1h', until: '2h' }, /until: must be later than since/],
    [{ since: '1h', state: 'pending' }, /state: /],
    [{ since: '1h', ref: 'refs/heads/main' }, /ref/],
    [[], /object/],
    ['{', /not JSON/],
    ['['.repeat(65), /nested more than 64/],
  ];
  for (const [sent, message] of refused)
    it(`refuses ${JSON.stringify(sent).slice(0, 60)}`, async () => {
      const answer = await world.post('/v1/replays', sent);
      assert.deepEqual([answer.status, answer.body.code], [400, 'REQUEST_INVALID'], answer.text);
      assert.match(String(answer.body.detail), message);
      assert.equal(world.replays.length, 0);
    });

  it('refuses keys that are none, parameters that it does not know, and large bodies', async () => {
    for (const key of ['two words', 'é', 'k'.repeat(limits.replay.keyChars + 1)])
      assert.equal((await world.post('/v1/replays', body).set('idempotency-key', key)).body.code, 'REQUEST_INVALID', key);
    assert.equal((await world.post('/v1/replays?wait=60s', body)).body.code, 'REQUEST_INVALID');
    assert.equal((await world.post('/v1/replays', { deliveries: ['a'.repeat(70_000)] })).status, 413);
    assert.equal(world.replays.length, 0);
  });

  it('answers any body with what was entered or with a reason, and never fails', async () => {
    const field = fc.constantFrom('deliveries', 'since', 'until', 'source', 'repository', 'state', 'dryRun', '__proto__');
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('1h', 'dead', '2026-01-01T00:00:00Z'));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, value), async (sent) => {
        const { status } = await world.post('/v1/replays', JSON.stringify(sent));
        assert.ok(status === 202 || status === 400, String(status));
      }),
    );
  });

  it('asks for the token, also where reading is open', async () => {
    const open = ApiWorld.over(world.sqlite, { openReading: true });
    assert.equal((await request(open.app).post('/v1/replays').send(body)).status, 401);
    assert.equal(open.replays.length, 0);
  });

  it('passes errors on', async () => {
    world.replayed = () => Promise.reject(new HeadgateError('REQUEST_INVALID', 'more than 200 deliveries fit', { hint: 'Narrow it.' }));
    const answer = await world.post('/v1/replays', { since: '7d' });
    assert.deepEqual([answer.status, answer.body.detail, answer.body.hint], [400, 'more than 200 deliveries fit', 'Narrow it.']);
  });

  it('is refused while shutting down', async () => {
    world.shutdown.abort();
    assert.deepEqual((await world.post('/v1/replays', body)).body.code, 'SHUTTING_DOWN');
  });
});
