import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { buildWebhookApp } from '#server/app.ts';
import { listen, type Listener, type ListenOptions } from '#server/listen.ts';
import { delivery } from '../adapters/github/deliveries.ts';
import { hooksWorld, recordingLog } from './fakes.ts';

describe('a listener', () => {
  const open: Listener[] = [];
  const sockets: Socket[] = [];

  async function start(over: Partial<ListenOptions> = {}): Promise<Listener> {
    const app: RequestListener = (_request, response) => void response.end('ok');
    const { log } = recordingLog();
    const listener = await listen({ app, host: '127.0.0.1', port: 0, configKey: 'spec.listen.webhook', clock: systemClock, log, ...over });
    open.push(listener);
    return listener;
  }

  /** A connection that says what it is told to, byte by byte. */
  async function raw({ port }: Listener): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {}); // a reset ends the test's wait like an orderly end
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(open.splice(0).map((listener) => listener.close(0)));
  });

  it('names the address and the config key of a busy port', async () => {
    const { port } = await start();
    await assert.rejects(start({ port }), {
      code: 'PORT_BUSY',
      message: `127.0.0.1:${port} (spec.listen.webhook) is in use`,
      hint: /change spec\.listen\.webhook/,
    });
  });

  it('names the config key of an address that is not this machine’s', async () => {
    await assert.rejects(start({ host: '203.0.113.7' }), {
      code: 'CONFIG_INVALID',
      message: /203\.0\.113\.7:0 \(spec\.listen\.webhook\): .*EADDRNOTAVAIL/,
    });
  });

  it('tells its URL', async () => {
    const listener = await start();
    assert.equal(listener.url, `http://127.0.0.1:${listener.port}`);
    assert.equal(await (await fetch(listener.url)).text(), 'ok');
  });

  const short = { headersTimeout: 150, requestTimeout: 300, connectionsCheckingInterval: 50 };

  it('ends connections whose headers do not come', async () => {
    const socket = await raw(await start({ limits: short }));
    const start0 = performance.now();
    socket.write('POST /hooks/hub HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    assert.match(await text(socket), /^HTTP\/1\.1 408 /);
    assert.ok(performance.now() - start0 < 2_000);
  });

  it('ends requests whose body does not come, and journals nothing of them', async () => {
    const world = hooksWorld();
    const socket = await raw(await start({ app: buildWebhookApp(world.deps), limits: short }));
    const drip = setInterval(() => socket.write('x'), 20);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write('POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    try {
      await new Promise((resolve) => socket.once('close', resolve).once('end', resolve)); // what drips after the answer may reset the connection
      assert.match(answer, /^HTTP\/1\.1 408 /);
    } finally {
      clearInterval(drip);
    }
    assert.equal(world.journal.rows.length, 0);
    assert.deepEqual(world.counted, [{ source: 'hub', code: 'REQUEST_ABORTED' }]);
  });

  it('refuses a body that ends before its announced length', async () => {
    const world = hooksWorld();
    const socket = await raw(await start({ app: buildWebhookApp(world.deps) }));
    socket.end('POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{}');
    await text(socket);
    assert.equal(world.journal.rows.length, 0);
    assert.deepEqual(world.counted, [{ source: 'hub', code: 'REQUEST_ABORTED' }]);
  });

  it('gives the memory of aborted bodies back', async () => {
    const world = hooksWorld({ inFlightBytes: 4_100 });
    const listener = await start({ app: buildWebhookApp(world.deps), limits: short });
    for (let i = 0; i < 3; i++) {
      const socket = await raw(listener);
      socket.write(`POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n${'x'.repeat(4_000)}`);
      await text(socket);
    }
    const { headers, body } = delivery();
    const plain = Object.fromEntries(
      Object.entries(headers).flatMap(([name, values]) => (values?.[0] === undefined ? [] : [[name, values[0]]])),
    );
    const answer = await fetch(`${listener.url}/hooks/hub`, { method: 'POST', headers: plain, body: Buffer.from(body) });
    assert.equal(answer.status, 202);
  });

  it('refuses headers over the limit', async () => {
    const socket = await raw(await start());
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nX-Big: ${'a'.repeat(limits.http.headerBytes)}\r\n\r\n`);
    assert.match(await text(socket), /^HTTP\/1\.1 431 /);
  });

  const malformed: readonly [string, string][] = [
    ['two lengths', 'POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['length and chunks', 'POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a negative length', 'POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'],
    ['no host', 'POST /hooks/hub HTTP/1.1\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a header with a control character', 'POST /hooks/hub HTTP/1.1\r\nHost: a\r\nX: \u0001\r\n\r\n'],
    ['a folded header', 'POST /hooks/hub HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
  ];
  for (const [what, sent] of malformed)
    it(`refuses a request with ${what}`, async () => {
      const world = hooksWorld();
      const socket = await raw(await start({ app: buildWebhookApp(world.deps) }));
      socket.end(sent);
      assert.match(await text(socket), /^HTTP\/1\.1 400 /);
      assert.equal(world.journal.rows.length, 0);
    });

  it('answers 413 by the length alone, before any byte of the body', async () => {
    const world = hooksWorld();
    const socket = await raw(await start({ app: buildWebhookApp(world.deps) }));
    socket.write(`POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: ${limits.http.bodyBytes + 1}\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    assert.match(first.toString(), /^HTTP\/1\.1 413 /);
  });

  it('answers 413 to chunks that pass the limit, while they still come', async () => {
    const world = hooksWorld({ maxBodyBytes: 100_000 });
    const socket = await raw(await start({ app: buildWebhookApp(world.deps) }));
    socket.write('POST /hooks/hub HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `2710\r\n${'x'.repeat(10_000)}\r\n`;
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    for (let i = 0; i < 11; i++) socket.write(chunk);
    assert.match((await answered)[0].toString(), /^HTTP\/1\.1 413 /);
    assert.deepEqual(world.counted, [{ source: 'hub', code: 'BODY_TOO_LARGE' }]);
  });

  it('serves the next request on a connection whose last body was refused', async () => {
    const world = hooksWorld({ maxBodyBytes: 10 });
    const socket = await raw(await start({ app: buildWebhookApp(world.deps) }));
    socket.write(`POST /hooks/hub HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n${'x'.repeat(11)}`);
    await once(socket, 'data');
    socket.end('GET /hooks/hub HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(await text(socket), /^HTTP\/1\.1 405 /);
  });

  it('rejects signature headers that are sent twice', async () => {
    const world = hooksWorld();
    const { headers, body } = delivery();
    const socket = await raw(await start({ app: buildWebhookApp(world.deps) }));
    const lines = Object.entries(headers).flatMap(([name, values]) => (values ?? []).map((value) => `${name}: ${value}`));
    const signature = lines.find((line) => line.startsWith('x-hub-signature-256')) ?? '';
    socket.end(
      [
        `POST /hooks/hub HTTP/1.1`,
        'Host: a',
        'Connection: close',
        ...lines,
        signature,
        `Content-Length: ${body.length}`,
        '',
        Buffer.from(body).toString(),
      ].join('\r\n'),
    );
    assert.match(await text(socket), /^HTTP\/1\.1 400 [^]*HEADER_INVALID/);
  });

  it('takes no more connections than it may', async () => {
    const listener = await start({ limits: { maxConnections: 1 } });
    const first = await raw(listener);
    const second = await raw(listener);
    second.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal(await text(second), '');
    first.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(await text(first), /ok$/);
  });

  it('lets requests under way finish when it closes, and takes no new connections', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const app: RequestListener = (_request, response) => {
      entered.resolve();
      promise.then(() => response.end('finished'), assert.fail);
    };
    const listener = await start({ app, limits: { keepAliveTimeout: 60_000 } });
    const agent = new Agent({ keepAlive: true });
    const answer = new Promise<IncomingMessage>((done, fail) =>
      httpRequest({ port: listener.port, host: '127.0.0.1', agent }, done).on('error', fail).end(),
    );
    await entered.promise;

    const closing = listener.close(60_000);
    await assert.rejects(fetch(listener.url));
    resolve();

    assert.equal(await text(await answer), 'finished');
    await closing;
    agent.destroy();
  });

  it('closes at once when connections are idle, and after its grace when one is stuck', async () => {
    const listener = await start();
    const agent = new Agent({ keepAlive: true });
    const response = await new Promise<IncomingMessage>((done) =>
      httpRequest({ port: listener.port, host: '127.0.0.1', agent }, done).end(),
    );
    await text(response);
    const before = performance.now();
    await listener.close(60_000);
    agent.destroy();

    const stuck = await start({ app: () => {} });
    const socket = await raw(stuck);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await stuck.close(50);
    assert.ok(performance.now() - before < 3_000);
  });

  it('tells clients that keep a connection busy to leave while it closes', async () => {
    const first = Promise.withResolvers<() => void>();
    const second = Promise.withResolvers<void>();
    const app: RequestListener = (request, response) => {
      if (request.url === '/first') return first.resolve(() => response.end('first'));
      response.end('second');
      second.resolve();
    };
    const listener = await start({ app });
    const socket = await raw(listener);
    socket.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
    const finish = await first.promise;

    const closing = listener.close(60_000);
    socket.write('GET /second HTTP/1.1\r\nHost: a\r\n\r\n');
    await second.promise;
    finish();

    assert.match(await text(socket), /first[^]*connection: close[^]*second$/i);
    await closing;
  });
});
