import assert from 'node:assert/strict';
import request from 'supertest';
import { HeadgateError } from '#core/errors.ts';
import type { Subject } from '#core/subject.ts';
import type { Tokens, VerifiedCaller } from '#server/callers.ts';
import { change, delivery, done } from '../conformance/journal/material.ts';
import { ApiWorld, token } from './api-world.ts';

const subject: Subject = { issuer: 'actions', iss: 'https://actions.example', sub: 'repo:org/app', claims: { at: 1, updatedAt: 1e300 } };
const caller: VerifiedCaller = { subject, id: 'id-of-the-token', endsAt: 1 };

describe('server/callers', () => {
  let world: ApiWorld;
  let used: unknown[];

  const tokens: Tokens = {
    verify: (compact) =>
      compact === 'good' ? Promise.resolve(caller) : Promise.reject(new HeadgateError('UNAUTHENTICATED', `expired: ${compact}`)),
    use: (_caller, what) => void used.push(what),
  };

  beforeEach(async () => {
    used = [];
    world = await ApiWorld.open({ tokens });
  });
  afterEach(() => world.close());

  const as = (authorization: string | undefined, method: 'get' | 'post', path: string) => {
    const asked = request(world.app)[method](path);
    return authorization === undefined ? asked : asked.set('authorization', authorization);
  };

  it('answers every bad token alike', async () => {
    const answers = await Promise.all(
      [undefined, '', 'Bearer', 'Bearer bad', 'Bearer a b', 'Basic Z29vZA==', 'bearer expired', `${token}x`, 'good'].flatMap(
        (authorization) => [
          as(authorization, 'get', '/v1/changes/chg_1'),
          as(authorization, 'post', '/v1/reconciles'),
          as(authorization, 'post', '/v1/explain'),
          as(authorization, 'get', '/v1/status'),
        ],
      ),
    );
    const shown = answers.map(({ status, text, headers: { date: _date, ...headers } }) => JSON.stringify([status, text, headers]));
    assert.equal(new Set(shown).size, 1, shown[0]);
    assert.equal(answers[0]?.status, 401);
  });

  it('lets a subject ask for a reconcile in its own name', async () => {
    const body = { cluster: 'prod', namespace: 'apps' };
    const answer = await as('Bearer good', 'post', '/v1/reconciles').send(body);
    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual(world.asked[0]?.request, {
      ...body,
      requester: 'repo:org/app (actions)',
      remote: world.asked[0]?.request.remote,
      by: { subject, token: 'id-of-the-token' },
    });
    assert.deepEqual(used, [JSON.stringify(body)]);
  });

  it('uses no token of a request that is not understood', async () => {
    assert.equal((await as('Bearer good', 'post', '/v1/reconciles').send({ cluster: 1 })).status, 400);
    assert.deepEqual(used, []);
  });

  it('lets a subject explain', async () => {
    const answer = await as('Bearer good', 'post', '/v1/explain').send({ repository: 'org/app', ref: 'refs/heads/main' });
    assert.equal(answer.status, 200, answer.text);
  });

  it('keeps everything else for the operator', async () => {
    for (const path of [
      'changes',
      'deliveries',
      'deliveries/dlv_1',
      'decisions',
      'reconciles',
      'targets',
      'policies',
      'status',
      'checks',
    ]) {
      const answer = await as('Bearer good', 'get', `/v1/${path}`);
      assert.deepEqual([answer.status, answer.body.code], [403, 'FORBIDDEN'], path);
    }
    for (const path of ['replays', 'logins']) {
      const answer = await as('Bearer good', 'post', `/v1/${path}`).send({});
      assert.deepEqual([answer.status, answer.body.code], [403, 'FORBIDDEN'], path);
    }
    assert.deepEqual(world.replays, []);
    assert.equal((await as('Bearer good', 'get', '/')).status, 401, 'pages know sessions and the operator');
  });

  it('shows a subject what came of its own requests, and of no other', async () => {
    const { journal } = world.sqlite;
    const others: readonly (Subject | undefined)[] = [
      subject,
      { ...subject, sub: 'repo:org/other' },
      { ...subject, iss: 'https://other.example' },
      undefined,
    ];
    for (const [index, asker] of others.entries()) {
      await journal.append(delivery(index));
      const settlement = done(index, ['web']);
      assert.ok(settlement.match);
      const made = { ...settlement.match.change, ...(asker ? { subject: asker } : {}) };
      await journal.settle([{ ...settlement, match: { ...settlement.match, change: made } }]);
    }
    const statuses = await Promise.all(others.map((_, index) => as('Bearer good', 'get', `/v1/changes/chg_${index}`)));
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [200, 404, 404, 404],
    );
    assert.deepEqual(statuses[0]?.body.change.subject, subject, 'claims are shown as they are');
    assert.equal((await world.get('/v1/changes/chg_1')).status, 200, 'the operator sees all');
    const missing = await as('Bearer good', 'get', '/v1/changes/chg_9');
    assert.deepEqual({ ...missing.body, detail: '' }, { ...statuses[1]?.body, detail: '' });
    assert.ok(change);
  });
});
