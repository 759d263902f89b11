import { readFile, stat } from 'node:fs/promises';
import type { Cancel, Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { EventStream, StreamHealth, StreamHearer } from '#core/ports/event-stream.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { StreamLine } from '../read-line.ts';
import type { Connection } from './connection.ts';
import type { Failure, Peer } from './failure.ts';
import { hostKeysIn, type HostKeys } from './host-keys.ts';
import { Inbox } from './inbox.ts';
import { LineSplitter } from './lines.ts';
import { step, stoppedMachine, type Effect, type Input, type Machine } from './machine.ts';
import { readPrivateKey } from './private-key.ts';

export interface GerritStreamOptions {
  readonly peer: Peer;
  /** What a line says, as readLine. */
  readonly read: (line: Uint8Array) => StreamLine;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds; limits.eventStream unless a test shortens it. */
  readonly keepaliveInterval?: number;
  /** Events that wait for whoever hears; the same. */
  readonly waitingEvents?: number;
}

/**
 * The events that move refs, and what tells them apart from a direct push. Gerrit accepts a type that it does not know without a word,
 * and then sends nothing. `dropped-output` comes whether asked for or not.
 */
export const streamCommand = 'gerrit stream-events -s ref-updated -s change-merged';

/** `gerrit stream-events`, for as long as it is wanted. What is decided is in machine.ts; this carries it out. */
export function createGerritStream(options: GerritStreamOptions): EventStream {
  return new GerritStream(options);
}

class GerritStream implements EventStream {
  readonly #options: GerritStreamOptions;
  readonly #remote: string;
  #machine: Machine;
  #hearer: StreamHearer | undefined;
  #inbox: Inbox | undefined;
  #connection: Connection | undefined;
  #cancelTimer: Cancel = () => {};
  #heardAt: number | null = null;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(options: GerritStreamOptions) {
    this.#options = options;
    this.#remote = `${options.peer.host}:${options.peer.port}`;
    this.#machine = stoppedMachine(options.clock);
  }

  start(hearer: StreamHearer): void {
    const { clock, log, waitingEvents: maxEvents = limits.eventStream.waitingEvents } = this.#options;
    this.#hearer = hearer;
    this.#inbox ??= new Inbox({ clock, log, hearer, maxEvents });
    this.#input({ type: 'start' });
  }

  async stop(): Promise<void> {
    this.#input({ type: 'stop' });
    if (this.#machine.phase !== 'stopped') await this.#stopped.promise;
    await this.#inbox?.stop();
  }

  suspectMute(cause: string): void {
    this.#input({ type: 'mute', cause });
  }

  health(): StreamHealth {
    const { state, since, message, retryAt } = this.#machine;
    return { state, since, message, retryAt, heardAt: this.#heardAt };
  }

  #input(input: Input): void {
    const before = this.#machine;
    const { machine, effects } = step(before, input, this.#options.clock);
    this.#machine = machine;
    for (const effect of effects) this.#carryOut(effect);
    if (machine.state !== before.state || machine.message !== before.message) this.#hearer?.changed(this.health());
    if (machine.phase === 'stopped' && before.phase !== 'stopped') this.#stopped.resolve();
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'open':
        return void this.#open();
      case 'close':
        return this.#connection?.close();
      case 'cut':
        return this.#connection?.cut();
      case 'gap':
        return this.#hearer?.gap(effect.cause);
      case 'timer':
        this.#cancelTimer();
        if (effect.ms !== null) this.#cancelTimer = this.#options.clock.after(effect.ms, () => this.#input({ type: 'timer' }));
    }
  }

  /** Files are read for each connection, so that what was mended counts at the next try. */
  async #open(): Promise<void> {
    const { peer, keepaliveInterval = limits.eventStream.keepaliveInterval } = this.#options;
    try {
      // The library for SSH is large: whoever listens to no Gerrit does not hold it.
      const library = import('./connection.ts');
      const [key, hostKeys, { openConnection }] = await Promise.all([readPrivateKey(peer.keyFile), readHostKeys(peer), library]);
      if (this.#machine.phase !== 'opening') return this.#closed();
      const lines = this.#lines();
      this.#connection = openConnection(
        { peer, key, hostKeys, command: streamCommand, keepaliveInterval },
        {
          opened: () => this.#input({ type: 'opened' }),
          data: (bytes) => lines.push(bytes),
          failed: (failure) => this.#input({ type: 'failed', failure }),
          closed: () => this.#closed(),
        },
      );
    } catch (error) {
      this.#input({ type: 'failed', failure: misconfigured(error) });
      this.#closed();
    }
  }

  #closed(): void {
    this.#connection = undefined;
    this.#input({ type: 'closed' });
  }

  #lines(): LineSplitter {
    return new LineSplitter({
      line: (bytes) => this.#line(bytes),
      tooLong: () => this.#hearer?.gap('an event was longer than is read'),
    });
  }

  #line(body: Buffer): void {
    const receivedAt = this.#options.clock.now();
    const said = this.#options.read(body);
    if (said.kind === 'unreadable') return this.#unreadable(said.reason);
    this.#heardAt = receivedAt;
    this.#input({ type: 'heard' });
    if (said.kind === 'dropped') this.#hearer?.gap('dropped-output: the source has left out events');
    if (said.kind === 'event') this.#inbox?.put({ ...said.received, body, receivedAt, remote: this.#remote });
  }

  #unreadable(reason: string): void {
    this.#options.log.warn('a line of an event stream cannot be read; its source is looked at instead', {
      remote: this.#remote,
      error: reason,
    });
    this.#hearer?.gap('a line could not be read');
  }
}

/** The keys that the host may show, read anew. @throws HeadgateError SSH_UNUSABLE */
export async function readHostKeys({ host, port, knownHostsFile: file }: Peer): Promise<HostKeys> {
  return hostKeysIn(await readKnownHosts(file), { host, port, file });
}

async function readKnownHosts(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > limits.eventStream.knownHostsBytes) throw new Error(`a file of ${size} bytes is too large`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new HeadgateError('SSH_UNUSABLE', `known_hosts ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function misconfigured(error: unknown): Failure {
  return { kind: 'misconfigured', message: error instanceof HeadgateError ? `${error.message}. ${error.hint}` : messageOf(error) };
}
