import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamLine } from '#adapters/gerrit/read-line.ts';
import { createGerritStream } from '#adapters/gerrit/stream/stream.ts';
import type { EventStream, HeardEvent, StreamHealth, StreamHearer } from '#core/ports/event-stream.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { privateKeyIn, publicKey } from './ssh-fixtures.ts';

/** A stream and whoever hears it, on a simulated clock. */
export interface Listening {
  readonly clock: SimulatedClock;
  readonly stream: EventStream;
  readonly folder: string;
  readonly events: HeardEvent[];
  readonly gaps: string[];
  readonly changes: StreamHealth[];
  /** How an event is taken; tests replace it. */
  heard: StreamHearer['heard'];
  /** Delivery ids of what was heard. */
  readonly ids: () => readonly string[];
  readonly start: () => void;
  /**
   * Until it is so, letting some simulated time pass at each look: little while the network is at work, which takes real time, and more while
   * nothing but a timer can go on.
   */
  readonly until: (condition: () => boolean, step?: number) => Promise<void>;
  end(): Promise<void>;
}

/** Takes any JSON object with an `id` for an event. */
function read(line: Uint8Array): StreamLine {
  try {
    const { type, id } = JSON.parse(Buffer.from(line).toString('utf8')) as { readonly type?: string; readonly id: string };
    if (type === 'dropped-output') return { kind: 'dropped' };
    if (type === 'noise') return { kind: 'noise' };
    return { kind: 'event', received: { deliveryId: id, event: 'ref-updated', headers: {}, reading: { ignored: 'a test' } } };
  } catch {
    return { kind: 'unreadable', reason: 'not JSON' };
  }
}

export async function listenTo(
  port: number,
  { keepaliveInterval = 60_000, waitingEvents = 1_000, hosts = `[127.0.0.1]:${port} ${publicKey('host')}\n` } = {},
): Promise<Listening> {
  const clock = new SimulatedClock();
  const folder = await mkdtemp(join(tmpdir(), 'headgate-stream-'));
  const keyFile = await privateKeyIn(folder, 'client');
  const knownHostsFile = join(folder, 'known_hosts');
  await writeFile(knownHostsFile, hosts);
  const peer = { host: '127.0.0.1', port, user: 'headgate', keyFile, knownHostsFile };
  const stream = createGerritStream({ peer, read, clock, log: silentLog, keepaliveInterval, waitingEvents });
  const [events, gaps, changes]: [HeardEvent[], string[], StreamHealth[]] = [[], [], []];
  const listening: Listening = {
    ...{ clock, stream, folder, events, gaps, changes },
    heard: async (event) => void events.push(event),
    ids: () => events.map(({ deliveryId }) => deliveryId),
    start: () =>
      stream.start({
        heard: (event) => listening.heard(event),
        gap: (cause) => gaps.push(cause),
        changed: (health) => changes.push(health),
      }),
    until: (condition, step) => until(clock, condition, () => step ?? stepOf(stream.health())),
    async end() {
      const stopped = stream.stop();
      let isOver = false;
      void stopped.then(() => (isOver = true));
      await until(
        clock,
        () => isOver,
        () => 100,
      );
      await rm(folder, { recursive: true });
    },
  };
  return listening;
}

/** Connecting has a deadline of simulated time and takes real time: a machine that is busy must not run out of it. */
function stepOf({ state, retryAt }: StreamHealth): number {
  if (retryAt !== null) return 1_000;
  return state === 'connecting' ? 4 : 20;
}

async function until(clock: SimulatedClock, condition: () => boolean, step: () => number): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`it did not come about: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (!condition()) await clock.advance(step());
  }
}
