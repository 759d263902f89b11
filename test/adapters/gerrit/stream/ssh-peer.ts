import { once } from 'node:events';
import { connect, createServer, type Server as TcpServer, type Socket } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { publicKey, sshFixture } from './ssh-fixtures.ts';

/** One `stream-events` that a client has asked for. */
export interface PeerSession {
  readonly command: string;
  readonly channel: ServerChannel;
  readonly connection: Connection;
}

export interface PeerOptions {
  /** Fixture of the host key. */
  readonly hostKey?: string;
  /** Fixture of the only user key that is taken. */
  readonly userKey?: string;
  readonly port?: number;
  /** Called for each command, before anybody else sees it. */
  readonly onExec?: (session: PeerSession) => void;
  /** Called for each connection, before anything is said on it. */
  readonly onConnection?: (connection: Connection) => void;
}

/** An SSH server in this process that takes a command and does what a test tells it to. */
export interface Peer {
  readonly port: number;
  readonly sessions: PeerSession[];
  /** How many connections have come, and how many are open now, and how many were at most. */
  readonly counts: { came: number; open: number; most: number };
  stop(): Promise<void>;
}

export async function startPeer({ hostKey = 'host', userKey = 'client', port = 0, onExec, onConnection }: PeerOptions = {}): Promise<Peer> {
  const sessions: PeerSession[] = [];
  const counts = { came: 0, open: 0, most: 0 };
  const allowed = Buffer.from(publicKey(userKey).split(' ')[1] ?? '', 'base64');
  const ssh = new ssh2.Server({ hostKeys: [sshFixture(hostKey)] }, (connection) => {
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      if (context.method === 'publickey' && context.key.data.equals(allowed)) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const session = { command, channel: acceptExec(), connection };
        session.channel.on('error', () => {});
        onExec?.(session);
        sessions.push(session);
      });
    });
    onConnection?.(connection);
  });
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    counts.came += 1;
    counts.most = Math.max(counts.most, (counts.open = sockets.size));
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      counts.open = sockets.size;
    });
    ssh.injectSocket(socket);
  });
  return { port: await listening(tcp, port), sessions, counts, stop: () => stop(tcp, sockets) };
}

/** A way to a peer that can be frozen: bytes go nowhere, and nobody is told. */
export interface Wire {
  readonly port: number;
  freeze(): void;
  stop(): Promise<void>;
}

export async function startWire(to: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const tcp = createServer({ allowHalfOpen: true }, (near) => {
    sockets.add(near);
    const far = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('data', (bytes) => void (!isFrozen && other.write(bytes)));
      one.on('end', () => void (!isFrozen && other.end()));
    }
    near.on('close', () => {
      sockets.delete(near);
      far.destroy();
    });
  });
  return {
    port: await listening(tcp, 0),
    freeze: () => void (isFrozen = true),
    stop: () => stop(tcp, sockets),
  };
}

async function listening(tcp: TcpServer, port: number): Promise<number> {
  tcp.listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  const address = tcp.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function stop(tcp: TcpServer, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  tcp.close();
  await once(tcp, 'close');
}
