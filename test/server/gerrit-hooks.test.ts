import assert from 'node:assert/strict';
import { createServer, request as send, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createGerritAdapter } from '#adapters/gerrit/adapter.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import { buildWebhookApp } from '#server/app.ts';
import { webhook } from '../adapters/gerrit/captured.ts';
import { hooksWorld, type HooksWorld } from './fakes.ts';

const secret = 'the-secret-of-the-plugin';
const awkward = 'a secret/with ünïcode?&%';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly json: Record<string, unknown>;
}

interface Sent {
  readonly number?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

function gerritWorld(config: object = { webhook: { secrets: [{ file: '/run/secrets/review' }] } }): HooksWorld {
  const base = { name: 'review', type: 'gerrit', url: 'https://review.example.com' };
  const adapter = createGerritAdapter(GerritSource.parse({ ...base, ...config }), () => [Buffer.from(secret), Buffer.from(awkward)], {
    readBack: null,
  });
  const world = hooksWorld();
  return { ...world, deps: { ...world.deps, sources: new Map([...world.deps.sources, ['review', adapter]]) } };
}

/** Sends requests with their path as it is written. */
async function withServer(
  app: RequestListener,
  run: (post: (path: string, sent?: Sent) => Promise<Answer>) => Promise<void>,
): Promise<void> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const post = (
    path: string,
    { number = '0058', body = webhook(number).body, headers = {}, method = 'POST' }: Sent = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const of = { 'content-type': 'application/json; charset=utf-8', 'content-length': String(body.length), ...headers };
      const out = send({ host: '127.0.0.1', port, path, method, headers: of, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        answer.on('end', () => {
          const json = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, json });
        });
      });
      out.on('error', reject).end(body);
    });
  try {
    await run(post);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const serving = (world: HooksWorld, run: Parameters<typeof withServer>[1]): Promise<void> => withServer(buildWebhookApp(world.deps), run);

describe('POST /hooks/{source}/{secret}', () => {
  it('takes a delivery once, whichever way it comes', async () => {
    const world = gerritWorld();
    await serving(world, async (post) => {
      const first = await post(`/hooks/review/${secret}`);
      assert.deepEqual([first.status, first.json], [202, { delivery: world.journal.rows[0]?.id }]);
      const basic = `Basic ${Buffer.from(`headgate:${secret}`).toString('base64')}`;
      const again = await post('/hooks/review', { headers: { authorization: basic } });
      assert.deepEqual([again.status, again.json], [200, first.json]);
      assert.equal((await post(`/hooks/review/${secret}?from=gerrit`)).status, 200);
      assert.equal((await post(`/hooks/review/${encodeURIComponent(awkward)}`)).status, 200);
    });
    assert.equal(world.journal.rows.length, 1);
    assert.equal(world.journal.rows[0]?.event, 'ref-updated');
  });

  it('answers 200 to noise without keeping it, however much comes', async () => {
    const world = gerritWorld();
    await serving(world, async (post) => {
      const answer = await post(`/hooks/review/${secret}`, { number: '0003' });
      assert.deepEqual([answer.status, answer.json], [200, { delivery: null, ignored: 'the ref is neither a branch nor a tag' }]);
      for (const number of ['0001', '0008', '0011', '0019', '0207', '0211'])
        assert.equal((await post(`/hooks/review/${secret}`, { number })).status, 200);
    });
    assert.deepEqual(world.journal.rows, []);
    assert.equal(world.counted.filter(({ code }) => code === 'unrecorded').length, 7);
    assert.deepEqual(world.gaps, []);
  });

  it('looks for what was lost when the sender says that something was', async () => {
    const world = gerritWorld();
    await serving(world, async (post) => {
      const answer = await post(`/hooks/review/${secret}`, { body: Buffer.from('{"type":"dropped-output","eventCreatedOn":1}') });
      assert.equal(answer.status, 200);
    });
    assert.deepEqual([world.journal.rows, world.gaps], [[], ['review']]);
  });

  it('asks for credentials with every 401, which is what the plugin waits for', async () => {
    const world = gerritWorld();
    await serving(world, async (post) => {
      for (const path of ['/hooks/review', '/hooks/review/wrong', `/hooks/review/${secret}x`, '/hooks/review/%20']) {
        const answer = await post(path);
        assert.equal(answer.status, 401, path);
        assert.equal(answer.headers['www-authenticate'], 'Basic realm="headgate", charset="UTF-8"');
      }
    });
  });

  it('is nothing for a source that signs, and for one that is not there', async () => {
    const world = gerritWorld();
    await serving(world, async (post) => {
      for (const path of [
        '/hooks/hub/secret',
        '/hooks/other/secret',
        '/hooks/review/',
        `/hooks/review/${secret}/more`,
        '/hooks/review/%E0%A4%A',
      ]) {
        const answer = await post(path);
        assert.deepEqual([answer.status, answer.json['code']], [404, 'NOT_FOUND'], path);
      }
      assert.equal((await post(`/hooks/review/${secret}`, { method: 'PUT' })).status, 405);
      assert.equal((await post('/hooks/hub')).headers['www-authenticate'], undefined);
    });
  });

  it('refuses senders from elsewhere with 403, and all of them where no webhook is configured with 404', async () => {
    const elsewhere = gerritWorld({ webhook: { secrets: [{ file: '/s' }], networks: ['192.0.2.0/24'] } });
    await serving(elsewhere, async (post) => {
      const answer = await post(`/hooks/review/${secret}`);
      assert.deepEqual([answer.status, answer.json['code']], [403, 'NETWORK_REFUSED']);
    });
    const http = { user: 'headgate', token: { file: '/t' } };
    await serving(gerritWorld({ http }), async (post) => {
      const answer = await post(`/hooks/review/${secret}`);
      assert.deepEqual([answer.status, answer.json['code']], [404, 'WEBHOOK_UNCONFIGURED']);
    });
  });

  it('looks at the sender behind a trusted proxy, and at the proxy where it is not trusted', async () => {
    const networks = { webhook: { secrets: [{ file: '/s' }], networks: ['192.0.2.0/24'] } };
    const sent = { headers: { 'x-forwarded-for': '192.0.2.7' } };
    await serving(gerritWorld(networks), async (post) => assert.equal((await post(`/hooks/review/${secret}`, sent)).status, 403));
    const world = gerritWorld(networks);
    const behind = { ...world, deps: { ...world.deps, clientAddress: clientAddressBehind(['127.0.0.1']) } };
    await serving(behind, async (post) => assert.equal((await post(`/hooks/review/${secret}`, sent)).status, 202));
    assert.equal(world.journal.rows[0]?.remote, '192.0.2.7');
  });

  it('is refused at whatever else the path ends in', async () => {
    const world = gerritWorld();
    const path = fc.stringMatching(/^[!-~]{1,40}$/).filter((text) => !text.startsWith(secret) && !text.includes('#'));
    await serving(world, (post) =>
      fc.assert(
        fc.asyncProperty(path, async (end) => {
          const { status } = await post(`/hooks/review/${end}`);
          assert.ok(status === 401 || status === 404, `${end}: ${status}`);
        }),
        { numRuns: 50 },
      ),
    );
    assert.deepEqual(world.journal.rows, []);
  });

  it('writes no secret into logs, labels and answers', async () => {
    const world = gerritWorld();
    const seen: unknown[] = [];
    await serving(world, async (post) => {
      const wrong = 'not-one-of-the-live-secrets';
      seen.push(await post(`/hooks/review/${wrong}`), await post(`/hooks/hub/${wrong}`), await post(`/hooks/other/${wrong}`));
      seen.push(await post(`/hooks/review/${secret}`), await post(`/hooks/review/${secret}`, { body: Buffer.from('{') }));
      seen.push(await post('/hooks/review/', { headers: { authorization: `Basic ${Buffer.from(`u:${wrong}`).toString('base64')}` } }));
      world.journal.failure = new Error('disk full');
      seen.push(await post(`/hooks/review/${secret}`, { number: '0060' }));
    });
    const written = JSON.stringify([seen, world.lines, world.counted, world.journal.rows.map((row) => ({ ...row, body: null }))]);
    assert.ok(!written.includes(secret) && !written.includes('not-one-of') && !written.includes('authorization'));
    assert.deepEqual(new Set(world.counted.map(({ source }) => source)), new Set(['review']));
  });
});
