import assert from 'node:assert/strict';
import { Agent, createServer, request as send, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { buildWebhookApp } from '#server/app.ts';
import { openGuards } from '#server/intake/guards.ts';
import { listen } from '#server/listen.ts';
import { boundPeers } from '#server/peer-connections.ts';
import { delivery, push, type Shape } from '../adapters/github/deliveries.ts';
import { hooksWorld, type HooksWorld } from './fakes.ts';

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly retryAfter: string | undefined;
}

/** A server of its own, whose buckets do not fill by themselves, for the sources `hub` and `quiet`, which differ in nothing but their names and rates. */
class Flooded implements AsyncDisposable {
  readonly world: HooksWorld;
  readonly #server: Server;
  readonly #agent: Agent;

  private constructor(world: HooksWorld, server: Server, keepAlive: boolean) {
    this.world = world;
    this.#server = server;
    this.#agent = new Agent({ keepAlive, maxSockets: 64 });
  }

  static async open(rate = { perSecond: 0.001, burst: 5 }, { keepAlive = true, inFlightBytes = 1_000_000 } = {}): Promise<Flooded> {
    const still = openGuards({ clock: new SimulatedClock(), log: silentLog, sources: [{ name: 'hub', webhook: { rate } }] });
    const guards = { ...openGuards({ clock: systemClock, log: silentLog, sources: [] }), rates: still.rates, addresses: still.addresses };
    const world = hooksWorld({ clock: systemClock, guards, inFlightBytes });
    const hub = world.deps.sources.get('hub');
    assert.ok(hub);
    const sources = new Map([
      ['hub', hub],
      ['quiet', { ...hub, name: 'quiet' }],
    ]);
    const server = createServer(buildWebhookApp({ ...world.deps, sources })).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Flooded(world, server, keepAlive);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  post(path: string, shape: Shape = {}): Promise<Answer> {
    const { headers, body } = delivery(shape);
    const flat = Object.fromEntries(headerList(headers));
    return new Promise((resolve, reject) => {
      const sent = send({ port: this.port, path, method: 'POST', headers: flat, agent: this.#agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          const { code } = JSON.parse(text) as { readonly code?: string };
          const { 'content-type': type, 'retry-after': retryAfter } = response.headers;
          resolve({ status: response.statusCode ?? 0, code, type, retryAfter });
        });
      });
      sent.on('error', reject).end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function headerList(headers: ReturnType<typeof delivery>['headers']): readonly (readonly [string, string])[] {
  return Object.entries(headers).flatMap(([name, values]) => (values?.[0] === undefined ? [] : [[name, values[0]] as const]));
}

const tally = (answers: readonly Answer[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...Map.groupBy(answers, ({ status, code }) => `${status} ${code ?? ''}`.trim())].map(([key, of]) => [key, of.length]),
  );

const id = (n: number): Shape => ({ headers: { 'x-github-delivery': [`id-${n}`] } });

describe('a source that floods', function () {
  this.timeout(60_000);

  for (const keepAlive of [true, false])
    it(`is answered 429 with Retry-After past its rate, and others are served (${keepAlive ? 'kept connections' : 'one connection each'})`, async () => {
      await using flooded = await Flooded.open(undefined, { keepAlive });
      const flood = Array.from({ length: 60 }, (_, n) => flooded.post('/hooks/hub', id(n)));
      const quiet = Array.from({ length: 10 }, (_, n) => flooded.post('/hooks/quiet', id(n)));

      const answers = await Promise.all(flood);

      assert.deepEqual(tally(await Promise.all(quiet)), { '202': 10 });
      assert.deepEqual(tally(answers), { '202': 5, '429 DELIVERIES_LIMITED': 55 });
      for (const { status, type, retryAfter } of answers) {
        if (status !== 429) continue;
        assert.equal(type, 'application/problem+json');
        const seconds = Number(retryAfter);
        assert.ok(Number.isInteger(seconds) && seconds >= limits.http.retryAfterSeconds && seconds <= 1_000, retryAfter);
      }
      assert.equal(flooded.world.journal.rows.filter(({ source }) => source === 'hub').length, 5, 'nothing more was stored');
      assert.equal(flooded.world.counted.filter(({ code }) => code === 'DELIVERIES_LIMITED').length, 55);
    });

  it('has known deliveries count like new ones', async () => {
    await using flooded = await Flooded.open();
    const answers: Answer[] = [];
    for (let n = 0; n < 8; n++) answers.push(await flooded.post('/hooks/hub', id(1)));
    assert.deepEqual(tally(answers), { '202': 1, '200': 4, '429 DELIVERIES_LIMITED': 3 });
  });

  it('cannot be made to by whoever does not know its secret', async () => {
    await using flooded = await Flooded.open();
    const forged = { key: Buffer.from('not-the-secret-of-the-source') };
    const answers = await Promise.all(Array.from({ length: 20 }, () => flooded.post('/hooks/hub', forged)));
    assert.deepEqual(tally(answers), { '401 SIGNATURE_INVALID': 20 });
    assert.equal((await flooded.post('/hooks/hub', id(1))).status, 202);
  });
});

describe('an address that proves nothing', function () {
  this.timeout(60_000);
  const forged: Shape = { key: Buffer.from('not-the-secret-of-the-source') };
  const { failures } = limits.intake;

  it('is refused unread past its bucket, and unknown sources count as well', async () => {
    await using flooded = await Flooded.open();
    const first = [];
    for (let n = 0; n < failures; n++) first.push(await flooded.post(n % 2 === 0 ? '/hooks/hub' : '/hooks/none', forged));
    assert.deepEqual(new Set(first.map(({ code }) => code)), new Set(['SIGNATURE_INVALID', 'SOURCE_UNKNOWN']));
    const more = await Promise.all(Array.from({ length: 64 }, () => flooded.post('/hooks/hub', forged)));
    assert.deepEqual(tally(more), { '429 ADDRESS_LIMITED': 64 });
    for (const { retryAfter } of more) assert.equal(retryAfter, String(limits.http.retryAfterSeconds));
  });

  it('is read on where genuine deliveries come from it, too', async () => {
    await using flooded = await Flooded.open({ perSecond: 100, burst: 100 });
    assert.equal((await flooded.post('/hooks/hub', id(0))).status, 202);
    const noise = await Promise.all(Array.from({ length: 2 * failures }, () => flooded.post('/hooks/hub', forged)));
    assert.deepEqual(tally(noise), { '401 SIGNATURE_INVALID': 2 * failures });
    assert.equal((await flooded.post('/hooks/hub', id(1))).status, 202);
  });
});

describe('slow senders of large bodies', function () {
  this.timeout(60_000);

  it('hold no more than the share of an address and of a source, whatever they promise, and give it back when they go', async () => {
    await using flooded = await Flooded.open({ perSecond: 100, burst: 100 }, { inFlightBytes: limits.http.inFlightBytes });
    const large = Math.floor(2.5 * 1024 * 1024);
    const fit = Math.floor(limits.intake.addressBytes / large);
    const { headers } = delivery({ raw: Buffer.alloc(3 * 1024 * 1024) });
    const lines = headerList(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST /hooks/hub HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${3 * 1024 * 1024}\r\n${lines.join('')}\r\n`;
    const slow: Socket[] = [];
    const heard = new Map<number, string>();
    for (let n = 0; n < fit + 4; n++) {
      const socket = connect(flooded.port, '127.0.0.1', () => void (socket.write(head), socket.write(Buffer.alloc(large, ' '))));
      socket.setEncoding('utf8').on('data', (text: string) => heard.set(n, `${heard.get(n) ?? ''}${text}`));
      socket.on('error', () => {});
      slow.push(socket);
    }
    const whole = (): number => [...heard.values()].filter((text) => text.endsWith('}')).length;
    while (whole() < 4) await new Promise((resolve) => setImmediate(resolve));

    assert.equal(heard.size, 4);
    for (const text of heard.values()) assert.match(text, /^HTTP\/1\.1 503 [\s\S]*retry-after: 5\r\n[\s\S]*"code":"OVERLOADED"/i);
    for (const socket of slow) socket.destroy();
    const body = push({ padding: 'x'.repeat(1024 * 1024) });
    let answer = await flooded.post('/hooks/hub', { body });
    while (answer.status === 503) answer = await flooded.post('/hooks/hub', { body });
    assert.equal(answer.status, 202);
  });
});

describe('connections of one peer', function () {
  this.timeout(60_000);

  it('are ended past a bound, and counted again when they close', async () => {
    const server = createServer((_request, response) => response.end('here')).listen(0, '127.0.0.1');
    boundPeers(server, 3);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const open = async (): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      return socket;
    };
    try {
      const kept = [await open(), await open(), await open()];
      const refused = await open();
      await once(refused.resume(), 'close');
      kept[0]?.destroy();
      for (;;) {
        const next = await open();
        next.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        const [said] = (await Promise.race([once(next, 'data'), once(next, 'close')])) as unknown[];
        if (!Buffer.isBuffer(said)) continue; // the server has not seen yet that the other one is gone
        assert.match(said.toString(), /^HTTP\/1\.1 200/);
        break;
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('are bounded on every listener', async () => {
    const listener = await listen({
      app: (_request, response) => void response.end(),
      host: '127.0.0.1',
      port: 0,
      configKey: 'test',
      clock: systemClock,
      log: silentLog,
      limits: { peerConnections: 1 },
    });
    const sockets = [connect(listener.port, '127.0.0.1'), connect(listener.port, '127.0.0.1')];
    for (const socket of sockets) socket.on('error', () => {}).resume();
    await Promise.race(sockets.map((socket) => once(socket, 'close')));
    for (const socket of sockets) socket.destroy();
    await listener.close(0);
  });
});
