import assert from 'node:assert/strict';
import request from 'supertest';
import { HeadgateError } from '#core/errors.ts';
import { ApiWorld } from './api-world.ts';

const body = { repository: 'org/app', ref: 'refs/heads/main', source: 'hub', revision: 'b'.repeat(40), confirmed: true };

describe('POST /v1/explain', () => {
  let world: ApiWorld;
  beforeEach(async () => {
    world = await ApiWorld.open();
  });
  afterEach(() => world.close());

  const questions: readonly object[] = [
    body,
    { repository: 'https://github.com/org/app', ref: 'refs/tags/v1' },
    { source: 'hub', event: 'push', payload: { ref: 'refs/heads/main' } },
    { event: 'push', payload: {}, confirmed: false },
    { change: 'chg_1' },
  ];
  for (const question of questions) {
    it(`passes ${JSON.stringify(question).slice(0, 60)} on as it is, and answers 200`, async () => {
      const answer = await world.post('/v1/explain', question);
      assert.deepEqual(
        [answer.status, answer.body],
        [200, { targets: [], candidates: [], reason: 'nothing of it is allowed', owed: [], notes: [] }],
      );
      assert.deepEqual(world.explained, [question]);
    });
  }

  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{}, /repository: .*; ref: /],
    [{ ...body, ref: 'main' }, /ref: must be a full ref such as refs\/heads\/main/],
    [{ ...body, revision: 'abc' }, /revision: must be a full commit id/],
    [{ ...body, confirmed: 'yes' }, /confirmed/],
    [{ ...body, wait: true }, /wait/],
    [{ ...body, event: 'push' }, /payload: /],
    [{ event: 'Push!', payload: {} }, /event: must be the name of an event/],
    [{ event: 'push', payload: [] }, /payload/],
    [{ change: 'chg_1', repository: 'org/app' }, /repository/],
    [{ change: '' }, /change/],
    [[], /object/],
    ['{', /not JSON/],
    ['['.repeat(65), /nested more than 64/],
  ];
  for (const [sent, message] of refused) {
    it(`refuses ${JSON.stringify(sent).slice(0, 60)}`, async () => {
      const answer = await world.post('/v1/explain', sent);
      assert.deepEqual([answer.status, answer.body.code], [400, 'REQUEST_INVALID'], answer.text);
      assert.match(String(answer.body.detail), message);
      assert.deepEqual(world.explained, []);
    });
  }

  it('passes on whoever is supposed to ask', async () => {
    const answer = await world.post('/v1/explain', { ...body, subject: { issuer: 'corp', claims: { sub: 'jane', groups: ['sre'] } } });
    assert.equal(answer.status, 200, answer.text);
    const claims = { sub: 'jane', iss: '', groups: ['sre'] };
    assert.deepEqual(world.explained, [{ ...body, subject: { issuer: 'corp', iss: '', sub: 'jane', claims } }]);
    const nobody = await world.post('/v1/explain', { ...body, subject: { issuer: 'corp', claims: {} } });
    assert.equal(nobody.status, 400);
  });

  it('takes events as large as a webhook may be, and none larger', async () => {
    const payload = (bytes: number) => ({ event: 'push', payload: { text: 'a'.repeat(bytes) } });
    assert.equal((await world.post('/v1/explain', payload(2 * 1024 * 1024))).status, 200);
    assert.equal((await world.post('/v1/explain', payload(3 * 1024 * 1024))).status, 413);
  });

  it('asks for the token, also where reading is open, and knows no parameters', async () => {
    const open = ApiWorld.over(world.sqlite, { openReading: true });
    assert.equal((await request(open.app).post('/v1/explain').send(body)).status, 401);
    assert.equal((await world.post('/v1/explain?dryRun=1', body)).body.code, 'REQUEST_INVALID');
  });

  for (const [code, status] of [
    ['NOT_FOUND', 404],
    ['AMBIGUOUS', 409],
    ['PAYLOAD_INVALID', 400],
  ] as const) {
    it(`passes ${code} on as ${status}`, async () => {
      const failing = ApiWorld.over(world.sqlite, { explain: () => Promise.reject(new HeadgateError(code, 'because')) });
      const answer = await failing.post('/v1/explain', body);
      assert.deepEqual([answer.status, answer.body.code, answer.body.detail], [status, code, 'because']);
    });
  }
});
