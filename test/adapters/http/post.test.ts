import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { judgeAnswer } from '#adapters/http/judge-answer.ts';
import { httpPost } from '#adapters/http/post.ts';
import { systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { PostAnswer } from '#core/ports/json-post.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

describe('posting over HTTP', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const post = httpPost({ clock: systemClock, env: {} });
  const send = (more = {}) => post({ url, headers: { 'webhook-id': 'x' }, body: '{"ö":1}', ...more });

  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/secret/path`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends the bytes and headers that it was given', async () => {
    const got = Promise.withResolvers<readonly unknown[]>();
    answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { headers, method } = request;
        got.resolve([method, request.url, headers['webhook-id'], headers['content-type'], Buffer.concat(chunks).toString()]);
        response.writeHead(202).end();
      });
    };
    await send();
    assert.deepEqual(await got.promise, ['POST', '/a/secret/path', 'x', 'application/json', '{"ö":1}']);
  });

  it('does not follow redirects, which count as refused', async () => {
    let asked = 0;
    answer = (_request, response) => {
      asked++;
      response.writeHead(307, { location: url }).end();
    };
    await assert.rejects(send(), { code: 'SINK_REFUSED' });
    assert.equal(asked, 1);
  });

  it('takes an answer as good when it is told so', async () => {
    answer = (_request, response) => void response.writeHead(429, { 'x-ratelimit-limit': '1' }).end();
    await send({
      taken: ({ status, header }: PostAnswer) => status === 429 && header('x-ratelimit-limit') === '1',
    });
    await assert.rejects(send(), { code: 'SINK_UNREACHABLE' });
  });

  it('reads no more of an answer than its bound', async () => {
    const text = 'x'.repeat(1024 * 1024);
    answer = (_request, response) => void response.writeHead(500).end(text);
    await assert.rejects(send(), (error: HeadgateError) => error.code === 'SINK_UNREACHABLE' && error.message.length < 400);
    answer = (_request, response) => void response.writeHead(200).end(text);
    await send();
  });

  it('names the host alone: the path of an address may be a secret', async () => {
    answer = (_request, response) => void response.writeHead(403).end('not\n\u001b[31mhere');
    await assert.rejects(send(), (error: HeadgateError) => {
      assert.doesNotMatch(error.message, /secret/);
      assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+ answers 403: not \[31mhere$/);
      return true;
    });
  });

  it('says that nobody is there, or that a connection broke', async () => {
    answer = (request) => request.socket.destroy();
    await assert.rejects(send(), { code: 'SINK_UNREACHABLE' });
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(send(), { code: 'SINK_UNREACHABLE', message: /ECONNREFUSED/ });
  });

  it('tries once more when a connection that was kept has been closed meanwhile', async () => {
    let asked = 0;
    answer = (request, response) => {
      asked++;
      if (asked === 2) request.socket.destroy();
      else response.writeHead(200).end();
    };
    await send();
    await send();
    assert.equal(asked, 3);
  });

  it('does not wait for ever', async () => {
    const clock = new SimulatedClock();
    const arrived = Promise.withResolvers<void>();
    answer = () => arrived.resolve();
    const sending = httpPost({ clock, env: {} })({ url, headers: {}, body: '{}' });
    const refused = assert.rejects(sending, { code: 'SINK_UNREACHABLE', message: /no answer within 10 s/ });
    await arrived.promise;
    await clock.advance(limits.tell.requestTimeout);
    await refused;
  });
});

describe('what an answer means', () => {
  const now = Date.UTC(2026, 0, 2);
  const judge = (status: number, retryAfter?: string): readonly [code: string, retryAfter?: number | undefined] => {
    try {
      judgeAnswer('https://x', { status, header: (name) => (name === 'retry-after' ? retryAfter : undefined) }, '', now);
      return ['taken'];
    } catch (error) {
      assert.ok(error instanceof HeadgateError);
      return [error.code, error.retryAfter];
    }
  };

  it('is: taken for 2xx, refused for 3xx and most of 4xx, not now for the rest', () => {
    for (const status of [200, 202, 204, 299]) assert.deepEqual(judge(status), ['taken'], String(status));
    for (const status of [300, 301, 304, 307, 400, 401, 403, 404, 410, 413, 422])
      assert.equal(judge(status)[0], 'SINK_REFUSED', String(status));
    for (const status of [408, 409, 425, 429, 500, 502, 503, 504]) assert.equal(judge(status)[0], 'SINK_UNREACHABLE', String(status));
  });

  it('names when to try again, in seconds or as a date', () => {
    assert.deepEqual(judge(429, '120'), ['SINK_UNREACHABLE', 120_000]);
    assert.deepEqual(judge(503, 'Fri, 02 Jan 2026 00:00:30 GMT'), ['SINK_UNREACHABLE', 30_000]);
    assert.deepEqual(judge(503, 'Thu, 01 Jan 2026 00:00:00 GMT'), ['SINK_UNREACHABLE', 0]);
    assert.deepEqual(judge(503, 'soon'), ['SINK_UNREACHABLE', undefined]);
  });
});
