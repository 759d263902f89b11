import { Socket } from 'node:net';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { limits } from '#core/limits.ts';
import { failureOfEnd, failureOfError, failureOfHostKey, type CommandEnd, type Failure, type Peer } from './failure.ts';
import type { HostKeys } from './host-keys.ts';

/** What happens on a connection, in this order: `opened` at most once, `failed` at most once, `closed` exactly once and last. */
export interface ConnectionEvents {
  /** The server has taken the command. It may still end it at once. */
  opened(): void;
  data(bytes: Buffer): void;
  failed(failure: Failure): void;
  closed(): void;
}

export interface ConnectionOptions {
  readonly peer: Peer;
  /** The private key. */
  readonly key: Buffer;
  readonly hostKeys: HostKeys;
  readonly command: string;
  /** Milliseconds between two questions whether the server is still there. */
  readonly keepaliveInterval: number;
}

export interface Connection {
  /** Says goodbye. A peer that does not answer keeps the socket open. */
  close(): void;
  /** Takes the socket away. */
  cut(): void;
}

/** Connects, and runs one command whose output is read as fast as it comes: a reader that pauses makes Gerrit drop events. */
export function openConnection(options: ConnectionOptions, events: ConnectionEvents): Connection {
  const { peer } = options;
  const client = new ssh2.Client();
  // A socket of our own: the client does not destroy one that it has ended, so that a peer which is gone would keep it for ever.
  const socket = new Socket();
  const told = once(events);
  let hostKeyComplaint: string | null = null;
  let isReady = false;
  let end: CommandEnd = { exit: undefined, stderr: '' };
  const judge = (blob: Buffer): boolean => {
    hostKeyComplaint = options.hostKeys.judge(blob);
    return hostKeyComplaint === null;
  };
  const failed = (error: Error): void =>
    told.failed(hostKeyComplaint === null ? failureOfError(error, peer) : failureOfHostKey(hostKeyComplaint, peer));
  client.on('error', failed);
  client.on('ready', () => {
    isReady = true;
    run(client, options.command, {
      opened: told.opened,
      data: (bytes) => events.data(bytes),
      failed,
      said: (how) => (end = how),
      ended: () => told.failed(failureOfEnd(end, peer)),
    });
  });
  socket.on('close', () => {
    told.failed(failureOfEnd(end, peer));
    told.closed();
  });
  connect(client, socket, options, judge, failed);
  return {
    close: () => void (isReady ? client.end() : socket.destroy()),
    cut: () => void socket.destroy(),
  };
}

function connect(
  client: Client,
  socket: Socket,
  options: ConnectionOptions,
  judge: (blob: Buffer) => boolean,
  failed: (error: Error) => void,
): void {
  const { peer, key, hostKeys, keepaliveInterval } = options;
  socket.connect(peer.port, peer.host);
  try {
    client.connect({
      sock: socket,
      username: peer.user,
      privateKey: key,
      // No password, agent or keyboard: the list is all that is tried.
      authHandler: ['publickey'],
      algorithms: { serverHostKey: [...hostKeys.algorithms] },
      // Asked again at each exchange of keys. Without it any key would do.
      hostVerifier: judge,
      keepaliveInterval,
      keepaliveCountMax: limits.eventStream.keepaliveCount,
      readyTimeout: 0, // the machine's own timer covers the command as well
    });
  } catch (error) {
    socket.destroy();
    failed(error instanceof Error ? error : new Error(String(error)));
  }
}

interface Running {
  opened(): void;
  data(bytes: Buffer): void;
  failed(error: Error): void;
  /** What is known of the end so far: a connection may break before the channel is closed. */
  said(end: CommandEnd): void;
  /** The server has ended the command; the connection may well stay. */
  ended(): void;
}

function run(client: Client, command: string, on: Running): void {
  try {
    client.exec(command, (error, channel) => {
      if (error) return on.failed(error);
      on.opened();
      follow(channel, on);
    });
  } catch (error) {
    on.failed(error instanceof Error ? error : new Error(String(error)));
  }
}

function follow(channel: ClientChannel, on: Running): void {
  const complaint: Buffer[] = [];
  let room: number = limits.eventStream.complaintBytes;
  let exit: number | undefined;
  const say = (): void => on.said({ exit, stderr: Buffer.concat(complaint).toString('utf8') });
  channel.on('data', (bytes: Buffer) => on.data(bytes));
  channel.stderr.on('data', (bytes: Buffer) => {
    complaint.push(bytes.subarray(0, room));
    room -= Math.min(room, bytes.length);
    say();
  });
  channel.on('exit', (code: number | null) => {
    exit = code ?? undefined;
    say();
  });
  channel.on('error', (error: Error) => on.failed(error));
  channel.on('close', () => on.ended());
}

/** Errors may come several times, and after the end. */
function once(events: ConnectionEvents): Omit<ConnectionEvents, 'data'> {
  let [hasFailed, isClosed] = [false, false];
  return {
    opened: () => void (!hasFailed && events.opened()),
    failed(failure) {
      if (hasFailed) return;
      hasFailed = true;
      events.failed(failure);
    },
    closed() {
      if (isClosed) return;
      isClosed = true;
      events.closed();
    },
  };
}
