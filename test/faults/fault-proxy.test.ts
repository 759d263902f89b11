import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FaultProxy } from './fault-proxy.ts';

/** Answers each byte with the same byte, and keeps what it heard. */
async function startEcho(): Promise<{
  readonly server: Server;
  readonly port: number;
  readonly heard: Buffer[];
  readonly sockets: Set<Socket>;
}> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      socket.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, heard, sockets };
}

describe('the fault proxy', () => {
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let proxy: FaultProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    echo = await startEcho();
    proxy = await FaultProxy.open(echo.port);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    for (const socket of echo.sockets) socket.destroy();
    echo.server.close();
    await once(echo.server, 'close');
  });

  const open = async (): Promise<Socket> => {
    const client = connect(proxy.port, '127.0.0.1');
    clients.push(client);
    await once(client, 'connect');
    return client;
  };

  const answerTo = async (client: Socket, text: string): Promise<string> => {
    client.write(text);
    const [chunk] = (await once(client, 'data')) as [Buffer];
    return chunk.toString();
  };

  const troubleOf = async (client: Socket): Promise<unknown> => {
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    return error.code;
  };

  it('passes bytes on, both ways', async () => {
    const client = await open();
    assert.equal(await answerTo(client, 'one'), 'one');
    assert.equal(proxy.connections, 1);
  });

  it('passes an orderly end on', async () => {
    const client = await open();
    await answerTo(client, 'one');
    client.end();
    await once(client, 'close');
    assert.equal(proxy.connections, 0);
  });

  it('holds bytes back, in their order', async () => {
    const client = await open();
    proxy.slow(30);
    client.write('a');
    let text = '';
    client.on('data', (chunk: Buffer) => (text += chunk.toString()));
    while (text.length < 3) {
      const [chunk] = (await once(client, 'data')) as [Buffer];
      if (text.length < 3) client.write(chunk.toString() === 'a' ? 'b' : 'c');
    }
    assert.equal(text, 'abc');
  });

  it('cuts connections and lets new ones in', async () => {
    const client = await open();
    await answerTo(client, 'one');
    const trouble = troubleOf(client);
    proxy.cut();
    assert.equal(await trouble, 'ECONNRESET');
    assert.equal(await answerTo(await open(), 'two'), 'two');
  });

  it('swallows what is sent without closing anything, and cuts such a connection when it heals', async () => {
    const client = await open();
    await answerTo(client, 'one');
    proxy.swallow();
    client.write('two');
    const later = await open();
    later.write('three');
    const untouched = await open();
    while (proxy.connections < 3) await new Promise((resolve) => setImmediate(resolve));
    const trouble = Promise.all([troubleOf(client), troubleOf(later)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(Buffer.concat(echo.heard).toString(), 'one');
    await proxy.heal();
    assert.deepEqual(await trouble, ['ECONNRESET', 'ECONNRESET']);
    assert.equal(await answerTo(untouched, 'four'), 'four');
  });

  it('refuses new connections and leaves those that are open', async () => {
    const client = await open();
    await answerTo(client, 'one');
    proxy.refuse();
    await assert.rejects(open(), { code: 'ECONNREFUSED' });
    assert.equal(await answerTo(client, 'two'), 'two');
    await proxy.heal();
    assert.equal(await answerTo(await open(), 'three'), 'three');
  });

  it('cuts a connection before the bytes that were waited for arrive', async () => {
    const client = await open();
    await answerTo(client, 'begin');
    const trouble = troubleOf(client);
    const sprung = proxy.cutAt({ text: 'COMMIT', direction: 'up', handOn: false });
    client.write('COMMIT;');
    await sprung;
    assert.equal(await trouble, 'ECONNRESET');
    assert.equal(Buffer.concat(echo.heard).toString(), 'begin');
  });

  it('cuts a connection after they arrived, before the answer', async () => {
    const client = await open();
    await answerTo(client, 'begin');
    let answered = '';
    client.on('data', (chunk: Buffer) => (answered += chunk.toString()));
    const trouble = troubleOf(client);
    const sprung = proxy.cutAt({ text: 'COMMIT', direction: 'up', handOn: true });
    client.write('COMMIT;');
    await sprung;
    assert.equal(await trouble, 'ECONNRESET');
    while (echo.heard.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([Buffer.concat(echo.heard).toString(), answered], ['beginCOMMIT;', '']);
  });
});
