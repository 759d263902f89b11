import { createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ServerChannel } from 'ssh2';
import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { gson, wrapped } from '#sandbox/gerrit/events.ts';
import type { Site } from '#sandbox/gerrit/site.ts';
import { runCommand } from '#sandbox/gerrit/ssh/command.ts';
import { EventStream, type StreamSwitches } from '#sandbox/gerrit/ssh/event-stream.ts';
import type { SshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import { portOf } from '#sandbox/listen.ts';

/** What the SSH side does other than a healthy one. */
export interface SshSwitches extends StreamSwitches {
  /** The stream stays open and says nothing. */
  mute?: boolean | undefined;
  /** `wrapped`: the Gson of webhooks, as some brokers forward it. */
  shape?: 'plain' | 'wrapped' | undefined;
  splitBytes?: number | undefined;
  bufferedBytes?: number | undefined;
  /** `sshd.maxConnectionsPerUser`. */
  maxConnectionsPerUser: number;
}

interface Peer {
  readonly socket: Socket;
  readonly connection: Connection;
  readonly streams: Map<EventStream, ReadonlySet<string>>;
  account?: GerritAccount;
}

const IDENT = 'GerritCodeReview_3.14.2 (APACHE-SSHD-2.17.1)';

/** Gerrit's SSH side: `gerrit version`, `gerrit stream-events`, keys, limits, and ways to fail. */
export class SshHost {
  readonly switches: SshSwitches = { maxConnectionsPerUser: 64 };
  readonly #site: Site;
  readonly #peers = new Set<Peer>();
  #keys: readonly SshKey[];
  #server: Server | undefined;
  #frozen = false;

  constructor(site: Site, keys: readonly SshKey[]) {
    this.#site = site;
    this.#keys = keys;
    site.onEvent((event) => {
      if (this.switches.mute === true) return;
      const line = gson(this.switches.shape === 'wrapped' ? wrapped(event.body) : event.body);
      for (const { account, streams } of this.#peers) {
        for (const [stream, types] of streams) {
          if ((types.size === 0 || types.has(event.body.type)) && site.sees(account, event)) stream.offer(line);
        }
      }
    });
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Lines for known_hosts, one for each host key. */
  get knownHosts(): string {
    return this.#keys.map(({ publicKey }) => `[127.0.0.1]:${this.port} ${publicKey}\n`).join('');
  }

  /** Streams that are open now. */
  get streams(): number {
    return [...this.#peers].reduce((sum, { streams }) => sum + streams.size, 0);
  }

  get connections(): number {
    return this.#peers.size;
  }

  /** @param keys other host keys from now on */
  async start(port: number, keys: readonly SshKey[] = this.#keys): Promise<void> {
    this.#keys = keys;
    const sshd = new ssh2.Server({ hostKeys: keys.map(({ privateKey }) => privateKey), ident: IDENT });
    const sockets: Socket[] = [];
    sshd.on('connection', (connection: Connection) => this.#met(connection, sockets.shift()));
    const server = createServer((socket) => {
      socket.setNoDelay(true);
      sockets.push(socket);
      sshd.injectSocket(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
    });
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.closeConnections();
    if (server?.listening === true) await new Promise<void>((resolve) => void server.close(() => resolve()));
  }

  /** Ends connections as a server that goes away does: no word, no exit status. @param username only of this user */
  closeConnections(username?: string): void {
    for (const { socket, account } of this.#peers) if (username === undefined || account?.username === username) socket.destroy();
  }

  /** Ends the channels with exit 0 and keeps the connections. */
  exitStreams(): void {
    this.#each((stream) => stream.exit(0));
  }

  /** Writes `dropped-output` to each stream now; `count` events get lost once `after` more have gone out. */
  dropOutput(count: number, after = 0): void {
    this.#each((stream) => stream.lose(count, after));
  }

  /** Exchanges keys anew on every connection. */
  async rekey(): Promise<void> {
    await Promise.all([...this.#peers].map(({ connection }) => new Promise<void>((resolve) => connection.rekey(() => resolve()))));
  }

  /** As if the process had been stopped: connections stay, nothing is read, nothing is written. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    for (const { socket } of this.#peers) {
      if (frozen) socket.pause();
      else socket.resume();
    }
    this.#each((stream) => stream.freeze(frozen));
  }

  /** Writes bytes to each stream, whatever they are. */
  sendRaw(line: string): void {
    this.#each((stream) => stream.offer(line));
  }

  #each(task: (stream: EventStream) => void): void {
    for (const { streams } of this.#peers) for (const stream of streams.keys()) task(stream);
  }

  #met(connection: Connection, socket: Socket | undefined): void {
    if (socket === undefined) return void connection.end();
    const peer: Peer = { socket, connection, streams: new Map() };
    this.#peers.add(peer);
    if (this.#frozen) socket.pause();
    socket.on('close', () => this.#peers.delete(peer));
    connection.on('error', () => {}); // the socket's end says enough
    connection.on('authentication', (context) => this.#authenticate(peer, context));
    connection.on('ready', () => {
      if (this.#tooMany(peer)) return void connection.end();
      connection.on('session', (accept) => this.#session(peer, accept()));
    });
  }

  #tooMany({ account }: Peer): boolean {
    return [...this.#peers].filter((each) => each.account === account).length > this.switches.maxConnectionsPerUser;
  }

  #authenticate(peer: Peer, context: AuthContext): void {
    const account = this.#site.accounts.byUsername(context.username);
    if (context.method !== 'publickey' || account?.active !== true) return context.reject(['publickey']);
    const known = account.sshKeys.find((each) => each.split(' ')[1] === context.key.data.toString('base64'));
    if (known === undefined) return context.reject(['publickey']);
    const { signature, blob } = context;
    if (signature === undefined || blob === undefined) return context.accept(); // asks whether the key would do
    const key = ssh2.utils.parseKey(known);
    const verified = !(key instanceof Error) && key.verify(blob, signature, context.hashAlgo) === true;
    if (!verified) return context.reject(['publickey']);
    peer.account = account;
    context.accept();
  }

  #session(peer: Peer, session: ssh2.Session): void {
    session.on('pty', (accept) => accept());
    session.on('env', (accept) => accept?.());
    session.on('shell', (accept) => this.#run(peer, accept(), undefined));
    session.on('exec', (accept, _reject, { command }) => this.#run(peer, accept(), command));
  }

  #run(peer: Peer, channel: ServerChannel, command: string | undefined): void {
    const { account } = peer;
    if (account === undefined) return channel.close();
    channel.on('error', () => {}); // the reader has gone
    runCommand(this.#site, { account, channel, command, port: this.port }, (types) => {
      const dropped = (): string => gson(this.#site.events.droppedOutput());
      const stream = new EventStream(channel, () => this.switches, dropped);
      peer.streams.set(stream, types);
      channel.on('close', () => peer.streams.delete(stream));
    });
  }
}
