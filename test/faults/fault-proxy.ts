import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../e2e/cluster/free-ports.ts';

/** Which way bytes go: from whoever connected to the server, or back. */
export type Direction = 'up' | 'down';

/** Cuts both ends of a connection when bytes with this text pass; before they are handed on, or right after. */
export interface Trap {
  readonly text: string;
  readonly direction: Direction;
  /** Whether the bytes still reach the other side. */
  readonly handOn: boolean;
}

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** Whether bytes were thrown away: nothing can be made of it any more. */
  torn: boolean;
}

/**
 * A network between clients and one server on loopback that misbehaves when it is told to. It passes bytes on as they are; nothing is
 * closed, held back or lost unless a test asks for it.
 */
export class FaultProxy {
  readonly port: number;
  readonly #target: number;
  readonly #lines = new Set<Line>();
  #listener: Server | undefined;
  #delay = 0;
  #swallows = false;
  #trap: { readonly trap: Trap; readonly sprung: () => void } | undefined;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
  }

  /** @param target port of the server on 127.0.0.1 */
  static async open(target: number): Promise<FaultProxy> {
    const { port } = await freePorts('port');
    const proxy = new FaultProxy(port, target);
    await proxy.#listen();
    return proxy;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#lines.size;
  }

  /** Everything works again. Connections that lost bytes are cut: their two ends no longer agree on where they are. */
  async heal(): Promise<void> {
    this.#delay = 0;
    this.#swallows = false;
    this.#trap = undefined;
    for (const line of this.#lines) if (line.torn) reset(line);
    if (this.#listener === undefined) await this.#listen();
  }

  /** From now on bytes arrive so many milliseconds later, in both directions and in their order. */
  slow(ms: number): void {
    this.#delay = ms;
  }

  /** Half open: connections stay, also new ones, but what is sent arrives nowhere. */
  swallow(): void {
    this.#swallows = true;
  }

  /** Resets all connections. New ones are let in. */
  cut(): void {
    for (const line of this.#lines) reset(line);
  }

  /** Nobody is let in any more (ECONNREFUSED). Connections that are open stay. */
  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Resolves once it has cut the first connection on which such bytes pass. Text that is spread over two packets is not seen. */
  cutAt(trap: Trap): Promise<void> {
    return new Promise((resolve) => {
      this.#trap = { trap, sprung: resolve };
    });
  }

  async close(): Promise<void> {
    const listener = this.#listener;
    this.refuse();
    this.cut();
    if (listener?.listening === true) await once(listener, 'close');
  }

  async #listen(): Promise<void> {
    const listener = createServer((client) => this.#admit(client));
    this.#listener = listener;
    listener.listen(this.port, '127.0.0.1');
    await once(listener, 'listening');
  }

  #admit(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const line: Line = { client, server, torn: false };
    this.#lines.add(line);
    this.#carry(line, 'up', client, server);
    this.#carry(line, 'down', server, client);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => reset(line)); // the other end learns of it too
      socket.on('close', () => {
        this.#lines.delete(line);
        client.destroy();
        server.destroy();
      });
    }
  }

  #carry(line: Line, direction: Direction, from: Socket, to: Socket): void {
    const send = (task: () => void): void => {
      if (this.#delay > 0) setTimeout(task, this.#delay);
      else task();
    };
    from.on('data', (chunk: Buffer) => {
      if (this.#swallows) line.torn = true;
      else if (!this.#spring(line, direction, chunk, to)) send(() => void to.write(chunk));
    });
    from.on('end', () => {
      if (!this.#swallows) send(() => to.end());
    });
  }

  #spring(line: Line, direction: Direction, chunk: Buffer, to: Socket): boolean {
    const { trap, sprung } = this.#trap ?? {};
    if (trap?.direction !== direction || !chunk.includes(trap.text)) return false;
    this.#trap = undefined;
    if (trap.handOn) to.write(chunk, () => end(line, to, sprung));
    else end(line, to, sprung);
    return true;
  }
}

/** Whoever sent it sees a reset; the other end an orderly end, so that what was handed on is not thrown away unread. */
function end({ client, server }: Line, to: Socket, sprung: (() => void) | undefined): void {
  (to === server ? client : server).resetAndDestroy();
  to.end(() => sprung?.());
}

function reset({ client, server }: Line): void {
  for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy();
}
