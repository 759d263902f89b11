import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import request, { type Test } from 'supertest';
import { HeadgateError } from '#core/errors.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { buildWebhookApp } from '#server/app.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import { openGuards } from '#server/intake/guards.ts';
import type { HooksDeps } from '#server/routes/hooks.ts';
import { delivery, push, secret, type Shape } from '../adapters/github/deliveries.ts';
import { hooksWorld, type HooksWorld } from './fakes.ts';

/** Sends a delivery as `delivery()` shapes it. */
function post(world: HooksWorld, shape: Shape = {}, path = '/hooks/hub'): Test {
  const { headers, body } = delivery(shape);
  const sent = request(buildWebhookApp(world.deps)).post(path);
  for (const [name, [value] = []] of Object.entries(headers)) if (value !== undefined) void sent.set(name, value);
  return sent.serialize((bytes: unknown) => bytes as string).send(body as Buffer);
}

function assertProblem(answer: { status: number; type: string; body: Record<string, unknown> }, status: number, code: string): void {
  assert.deepEqual(
    [answer.status, answer.body['code'], answer.type],
    [status, code, 'application/problem+json'],
    JSON.stringify(answer.body),
  );
  assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'detail', 'hint', 'status', 'title', 'type']);
  assert.equal(answer.body['status'], status);
  for (const key of ['title', 'detail', 'hint', 'type']) assert.ok(String(answer.body[key]).length > 0, key);
}

describe('POST /hooks/{source}', () => {
  it('answers 202 with the delivery id, and wakes whoever handles deliveries', async () => {
    const world = hooksWorld();

    const answer = await post(world);

    assert.equal(answer.status, 202);
    assert.deepEqual(answer.body, { delivery: world.journal.rows[0]?.id });
    assert.match(String(world.journal.rows[0]?.id), /^dlv_/);
    assert.deepEqual(world.woken, world.journal.rows);
    assert.deepEqual(world.counted, [{ source: 'hub', code: 'accepted' }]);
    assert.equal(world.journal.rows[0]?.remote, '127.0.0.1');
    assert.equal(world.journal.rows[0]?.receivedAt, Date.UTC(2026, 0, 1));
    assert.deepEqual(Buffer.from(world.journal.rows[0].body), Buffer.from(delivery().body));
  });

  it('answers only when the journal has it', async () => {
    const world = hooksWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.journal.gate = promise;
    let answered = false;

    const answer = post(world).then((it) => {
      answered = true;
      return it;
    });
    await new Promise((done) => setTimeout(done, 50));
    assert.equal(answered, false);
    assert.equal(world.woken.length, 0);
    resolve();

    assert.equal((await answer).status, 202);
  });

  it('answers 200 with the same id for a delivery that it knows, and wakes nobody again', async () => {
    const world = hooksWorld();

    const first = await post(world);
    const second = await post(world);

    assert.deepEqual([second.status, second.body], [200, first.body]);
    assert.equal(world.woken.length, 1);
    assert.equal(world.counted[1]?.code, 'known');
  });

  it('records ignored events and answers 202', async () => {
    const world = hooksWorld();

    const answer = await post(world, { event: 'ping', body: { zen: 'Keep it logically awesome.' } });

    assert.equal(answer.status, 202);
    assert.deepEqual(world.journal.rows[0]?.reading, { ignored: 'ping: GitHub checks that the webhook arrives' });
    assert.equal(world.counted[0]?.code, 'ignored');
  });

  for (const failure of [new HeadgateError('JOURNAL_UNAVAILABLE', 'disk full'), new Error('SQLITE_FULL')])
    it(`answers 503 with Retry-After when the journal fails with ${failure.name}, and 202 again when it works`, async () => {
      const world = hooksWorld();
      world.journal.failure = failure;

      const refused = await post(world);
      assertProblem(refused, 503, 'JOURNAL_UNAVAILABLE');
      assert.equal(refused.headers['retry-after'], '5');
      assert.equal(world.woken.length, 0);

      world.journal.failure = undefined;
      assert.equal((await post(world)).status, 202);
    });

  it('follows the secrets as they are rotated', async () => {
    const world = hooksWorld();
    const next = Buffer.from('the-secret-that-comes-next');

    assertProblem(await post(world, { key: next }), 401, 'SIGNATURE_INVALID');
    world.secrets = [secret, next];
    assert.equal((await post(world, { key: next })).status, 202);
    world.secrets = [next];
    assertProblem(await post(world, { key: secret, body: push({ forced: true }) }), 401, 'SIGNATURE_INVALID');
  });

  it('tells whoever probes nothing of why, and the log everything', async () => {
    const world = hooksWorld();
    const bodies: unknown[] = [];
    for (const value of ['', 'sha1=0', `sha256=${'0'.repeat(64)}`, 'nonsense']) {
      bodies.push((await post(world, { headers: { 'x-hub-signature-256': [value] } })).body);
    }
    assert.equal(new Set(bodies.map((body) => JSON.stringify(body))).size, 1);
    assert.deepEqual(
      world.lines.map((line) => line.fields['error']),
      ['malformed signature header', 'malformed signature header', 'no match under 1 live secret(s)', 'malformed signature header'],
    );
  });

  it('refuses what it does not serve', async () => {
    const world = hooksWorld();
    const app = buildWebhookApp(world.deps);

    assertProblem(await post(world, {}, '/hooks/other'), 404, 'SOURCE_UNKNOWN');
    assertProblem(await post(world, {}, '/hooks/__proto__'), 404, 'SOURCE_UNKNOWN');
    assertProblem(await post(world, {}, '/hooks/%E0%A4%A'), 404, 'NOT_FOUND');
    assertProblem(await post(world, {}, '/hooks/hub/'), 404, 'NOT_FOUND');
    assertProblem(await post(world, {}, '/'), 404, 'NOT_FOUND');
    for (const method of ['get', 'put', 'delete', 'patch', 'options'] as const) {
      const answer = await request(app)[method]('/hooks/hub');
      assertProblem(answer, 405, 'METHOD_NOT_ALLOWED');
      assert.equal(answer.headers['allow'], 'POST');
    }
    assert.equal(world.counted[0]?.source, 'unknown');
  });

  it('says nothing of what it is made of', async () => {
    const { headers } = await post(hooksWorld());
    assert.deepEqual([headers['x-powered-by'], headers['server'], headers['etag']], [undefined, undefined, undefined]);
  });

  it('refuses encoded bodies whatever the encoding', async () => {
    const world = hooksWorld();
    const raw = gzipSync(Buffer.alloc(1_000_000));
    for (const encoding of ['gzip', 'identity', 'br', 'nonsense']) {
      assertProblem(await post(world, { raw, headers: { 'content-encoding': [encoding] } }), 415, 'BODY_ENCODED');
    }
  });

  it('refuses bodies over the limit and takes those at it', async () => {
    const world = hooksWorld({ maxBodyBytes: 10_000 });
    const padded = (length: number): Buffer => Buffer.from(JSON.stringify(push()).padEnd(length, ' '));
    assertProblem(await post(world, { raw: padded(10_001) }), 413, 'BODY_TOO_LARGE');
    assert.deepEqual(world.gaps, ['hub'], 'what it told of is looked for in another way');
    assert.equal((await post(world, { raw: padded(10_000) })).status, 202);
  });

  it('refuses a megabyte of nested brackets quickly', async () => {
    const start = performance.now();
    assertProblem(await post(hooksWorld(), { raw: Buffer.alloc(1_000_000, '[') }), 400, 'PAYLOAD_INVALID');
    assert.ok(performance.now() - start < 5_000);
  });

  it('refuses more bytes than may wait for their fsync, and takes some again when those are stored', async () => {
    const { body } = delivery();
    const world = hooksWorld({ inFlightBytes: body.length });
    const { promise, resolve } = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const append = world.journal.append.bind(world.journal);
    world.journal.append = (it) => {
      entered.resolve();
      return append(it);
    };
    world.journal.gate = promise;
    const app = buildWebhookApp(world.deps);
    const send = (): Test => {
      const sent = request(app).post('/hooks/hub');
      for (const [name, [value] = []] of Object.entries(delivery().headers)) if (value !== undefined) void sent.set(name, value);
      return sent.serialize((bytes: unknown) => bytes as string).send(body as Buffer);
    };

    const first = send().then((answer) => answer);
    await entered.promise;
    assertProblem(await send(), 503, 'OVERLOADED');
    resolve();

    assert.equal((await first).status, 202);
    assert.equal((await send()).status, 200);
  });

  it('names the client behind trusted proxies only', async () => {
    const forwarded = { headers: { 'x-forwarded-for': ['203.0.113.9, 10.0.0.1'] } };

    const direct = hooksWorld();
    await post(direct, forwarded);
    const behind = hooksWorld({ clientAddress: clientAddressBehind(['127.0.0.0/8', '10.0.0.0/8']) });
    await post(behind, forwarded);

    assert.equal(direct.journal.rows[0]?.remote, '127.0.0.1');
    assert.equal(behind.journal.rows[0]?.remote, '203.0.113.9');
  });

  it('never logs what requests carry', async () => {
    const world = hooksWorld();
    const canary = 'canary-4711';
    const tainted = { authorization: [`Bearer ${canary}`], cookie: [`s=${canary}`], 'x-canary': [canary] };

    await post(world, { headers: tainted, body: push({ canary }) }, `/hooks/hub?token=${canary}`);
    await post(world, { headers: { ...tainted, 'x-hub-signature-256': [`sha256=${canary}`] } }, `/hooks/hub?token=${canary}`);
    await post(world, { raw: Buffer.from(`{"${canary}`), headers: tainted });
    await post(world, { headers: { ...tainted, 'x-github-event': [`${canary} x`] } });
    await post(world, {}, `/hooks/${canary}`);
    await post(world, {}, `/${canary}`);

    assert.ok(world.lines.length >= 5);
    assert.ok(!JSON.stringify(world.lines).includes('canary'), JSON.stringify(world.lines));
    assert.ok(!JSON.stringify(world.lines).includes(secret.toString()));
  });

  it('answers whatever is sent with a code below 500', async function () {
    this.timeout(60_000);
    const guards = openGuards({ clock: new SimulatedClock(), log: silentLog, sources: [] });
    const world = hooksWorld({ guards: { ...guards, hold: () => Promise.resolve() } });
    const server = createServer(buildWebhookApp(world.deps)).listen(0, '127.0.0.1');
    const value = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,80}[\x21-\x7e])?$/);
    const names = fc.constantFrom(
      'x-hub-signature-256',
      'x-github-event',
      'x-github-delivery',
      'content-type',
      'content-encoding',
      'x-forwarded-for',
      'transfer-encoding-x',
      'origin',
    );
    const path = fc.oneof(
      { weight: 4, arbitrary: fc.constant('/hooks/hub') },
      fc.webPath(),
      fc.webPath({ size: 'medium' }).map((tail) => `/hooks${tail}`),
    );
    try {
      await fc.assert(
        fc.asyncProperty(
          path,
          fc.dictionary(names, value, { maxKeys: 2 }),
          fc.option(fc.uint8Array({ maxLength: 300 })),
          async (at, headers, raw) => {
            const shape = delivery({ ...(raw && { raw }), headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, [v]])) });
            const sent = request(server).post(at === '' ? '/' : at);
            for (const [name, [text] = []] of Object.entries(shape.headers)) if (text !== undefined) void sent.set(name, text);
            const answer = await sent.serialize((bytes: unknown) => bytes as string).send(Buffer.from(shape.body));
            assert.ok(answer.status >= 200 && answer.status < 500, `${answer.status} ${answer.text}`);
          },
        ),
        { numRuns: 300 },
      );
    } finally {
      server.close();
    }
    assert.equal(world.lines.filter((line) => line.level === 'error').length, 0);
  });
});

describe('POST /hooks/{source} of a source whose senders may show tokens', () => {
  const subject = { issuer: 'corp', iss: 'https://login.example.com', sub: 'host/hg', claims: { sub: 'host/hg' } };
  const shown: InboundRequest[] = [];
  const verified: string[] = [];
  beforeEach(() => [shown, verified].forEach((list) => list.splice(0)));

  function opened(over: Partial<HooksDeps>, isSender?: SourceAdapter['isSender']): Test {
    const hub = hooksWorld().deps.sources.get('hub');
    assert.ok(hub);
    const receive: SourceAdapter['receive'] = (asked) => {
      shown.push(asked);
      return { unrecorded: 'seen' };
    };
    const sources = new Map([['hub', { ...hub, receive, ...(isSender ? { isSender } : {}) }]]);
    const { deps } = hooksWorld({ sources, ...over });
    return request(buildWebhookApp(deps)).post('/hooks/hub').set('content-type', 'application/json');
  }
  const tokens = {
    verify(compact: string, remote: string) {
      verified.push(`${compact} of ${remote}`);
      if (compact !== 'a.b.c') return Promise.reject(new HeadgateError('UNAUTHENTICATED', 'signature: no'));
      return Promise.resolve({ subject, id: 'one', endsAt: Number.MAX_SAFE_INTEGER });
    },
  };

  it('has the token verified, and tells the source who it was', async () => {
    const answer = await opened({ tokens }, () => true)
      .set('authorization', 'Bearer a.b.c')
      .send('{}');
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([verified, shown.map(({ sender }) => sender)], [['a.b.c of 127.0.0.1'], [subject]]);
  });

  it('answers 401 to a token that is not believed, and where no issuer is configured, without asking the source', async () => {
    for (const over of [{ tokens }, { tokens: null }]) {
      const answer = await opened(over, () => true)
        .set('authorization', 'Bearer a.b.bad')
        .send('{}');
      assertProblem(answer, 401, 'UNAUTHENTICATED');
    }
    assert.deepEqual(shown, []);
  });

  it('leaves what shows no token to the source, and verifies none for a source that takes none', async () => {
    await opened({ tokens }, () => true).send('{}');
    await opened({ tokens }, () => true)
      .set('authorization', 'Basic YTpi')
      .send('{}');
    await opened({ tokens }).set('authorization', 'Bearer a.b.c').send('{}');
    assert.deepEqual([verified, shown.map(({ sender }) => sender)], [[], [undefined, undefined, undefined]]);
  });
});
