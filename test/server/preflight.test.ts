import assert from 'node:assert/strict';
import request from 'supertest';
import { HeadgateError } from '#core/errors.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';
import { ApiWorld } from './api-world.ts';
import { hooksWorld } from './fakes.ts';

const body = {
  source: 'hub',
  repository: 'infra',
  ref: 'branch:default',
  revision: 'b'.repeat(40),
  paths: ['apps/pay/web.yaml'],
  files: [{ path: 'apps/pay/web.yaml', text: 'kind: ConfigMap\n' }],
};

describe('POST /v1/preflight', () => {
  let world: ApiWorld;
  const signed: InboundRequest[] = [];
  beforeEach(async () => {
    signed.length = 0;
    world = await ApiWorld.open({ sources: sourcesThatSign((asked) => signed.push(asked)) });
  });
  afterEach(() => world.close());

  it('passes on what is asked by a token', async () => {
    const answer = await world.post('/v1/preflight', body);
    assert.deepEqual([answer.status, answer.body], [200, { verdict: 'pass', findings: [] }]);
    assert.deepEqual([world.preflights, signed], [[body], []]);
  });

  it('takes the signature of a hook over the very bytes instead of a token', async () => {
    const bytes = JSON.stringify(body);
    const answer = await bySignature(world, bytes);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(
      signed.map((one) => Buffer.from(one.body).toString('utf8')),
      [bytes],
    );
    assert.deepEqual(world.preflights, [body]);
  });

  it('takes the token of a hook for the hook itself, and of others for whoever asks', async () => {
    await world.close();
    const subject = { issuer: 'corp', iss: 'https://login.example.com', sub: 'host/hg', claims: { sub: 'host/hg' } };
    const tokens = { verify: () => Promise.resolve({ subject, id: 'one', endsAt: Number.MAX_SAFE_INTEGER }), use: () => {} };
    for (const [isSender, expected] of [
      [true, body],
      [false, { ...body, subject }],
    ] as const) {
      world = await ApiWorld.open({
        tokens,
        sources: sourcesThatSign(
          () => assert.fail('nothing is signed'),
          () => isSender,
        ),
      });
      const sent = request(world.app).post('/v1/preflight').set('content-type', 'application/json').set('authorization', 'Bearer a.b.c');
      const answer = await sent.send(body);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(world.preflights, [expected]);
      if (isSender) await world.close();
    }
  });

  it('answers 401 to a signature that the source does not know', async () => {
    await world.close();
    world = await ApiWorld.open({
      sources: sourcesThatSign(() => {
        throw new HeadgateError('SIGNATURE_INVALID', 'no match');
      }),
    });
    const answer = await bySignature(world, JSON.stringify(body));
    assert.deepEqual([answer.status, answer.body.code, world.preflights], [401, 'SIGNATURE_INVALID', []]);
  });

  for (const [what, sent] of [
    ['of no source', { ...body, source: 'other' }],
    ['without a source', { ...body, source: undefined }],
  ] as const) {
    it(`answers 401 to the signature ${what}`, async () => {
      const answer = await bySignature(world, JSON.stringify(sent));
      assert.deepEqual([answer.status, answer.body.code, world.preflights], [401, 'UNAUTHENTICATED', []]);
    });
  }

  it('answers 401 to a signature where the hooks of the source sign nothing', async () => {
    await world.close();
    world = await ApiWorld.open();
    const answer = await bySignature(world, JSON.stringify(body));
    assert.deepEqual([answer.status, answer.body.code, world.preflights], [401, 'UNAUTHENTICATED', []]);
  });

  it('answers 401 to nobody', async () => {
    const answer = await request(world.app).post('/v1/preflight').set('content-type', 'application/json').send(body);
    assert.deepEqual([answer.status, answer.body.code, world.preflights], [401, 'UNAUTHENTICATED', []]);
  });

  const refused: readonly (readonly [object, RegExp])[] = [
    [{ ...body, ref: 'main' }, /ref: must be a full ref/],
    [{ ...body, ref: 'branch:--config=x:y' }, /ref: must be a full ref/],
    [{ ...body, revision: 'tip' }, /revision/],
    [{ ...body, files: [{ path: '../../etc/passwd', text: '' }] }, /path/],
    [{ ...body, files: [{ path: '/etc/passwd', text: '' }] }, /path/],
    [{ ...body, files: [{ path: 'a\\b', text: '' }] }, /path/],
    [{ ...body, files: [{ path: 'a' }] }, /text/],
    [{ ...body, more: 1 }, /more/],
  ];
  for (const [sent, message] of refused) {
    it(`refuses ${JSON.stringify(sent).slice(0, 120)}`, async () => {
      const answer = await world.post('/v1/preflight', sent);
      assert.deepEqual([answer.status, answer.body.code, world.preflights], [400, 'REQUEST_INVALID', []]);
      assert.match(String(answer.body.detail), message);
    });
  }
});

function bySignature(world: ApiWorld, bytes: string) {
  return request(world.app)
    .post('/v1/preflight')
    .set('content-type', 'application/json')
    .set('webhook-id', 'TXN:1')
    .set('webhook-timestamp', '1')
    .set('webhook-signature', 'v1,AAAA')
    .send(bytes);
}

function sourcesThatSign(
  authenticate: (asked: InboundRequest) => void,
  isSender: NonNullable<SourceAdapter['isSender']> = () => false,
): ReadonlyMap<string, SourceAdapter> {
  const hub = hooksWorld().deps.sources.get('hub');
  assert.ok(hub);
  return new Map([['hub', { ...hub, authenticate, isSender }]]);
}
