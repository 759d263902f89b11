import type { Clock } from '#core/clock.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import type { EventStream, HeardEvent, StreamHealth, StreamHearer, StreamState } from '#core/ports/event-stream.ts';
import type { DeliveryLog } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';

export interface JournallingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'streamChanged' | 'streamGap'>;
  /** Resolves when the delivery is durable. As DeliveryLog.append. */
  readonly accept: DeliveryLog['append'];
  /** A delivery that was not known is durable now. */
  readonly onAccepted: (delivery: NewDelivery) => void;
  /** Events of a source may be missing: what its refs lead to is to be looked at. */
  readonly onGap: (source: string, cause: string) => void;
}

/** Listens to every source that has a stream. */
export class Streams {
  readonly #hearerOf: (source: string) => StreamHearer;
  readonly #streams: readonly (readonly [source: string, stream: EventStream])[];

  constructor(hearerOf: (source: string) => StreamHearer, adapters: Iterable<Pick<SourceAdapter, 'name' | 'stream'>>) {
    this.#hearerOf = hearerOf;
    this.#streams = [...adapters].flatMap(({ name, stream }) => (stream ? [[name, stream] as const] : []));
  }

  start(): void {
    for (const [source, stream] of this.#streams) stream.start(this.#hearerOf(source));
  }

  /** Resolves when all connections are closed and nothing is being handed over any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#streams.map(([, stream]) => stream.stop()));
  }
}

/** Journals what is heard of a source; it is thought about afterwards. */
export function journalling(source: string, deps: JournallingDeps): StreamHearer {
  const { log, metrics } = deps;
  return {
    heard: (event) => journal(source, event, deps),
    gap(cause) {
      metrics.streamGap(source);
      log.info('events may be missing; the source is looked at', { source, cause });
      deps.onGap(source, cause);
    },
    changed(health) {
      metrics.streamChanged(source, health.state);
      logChange(log, source, health);
    },
  };
}

/** An event that came another way as well is known by its id, and handled once. */
async function journal(source: string, event: HeardEvent, { clock, log, accept, onAccepted }: JournallingDeps): Promise<void> {
  const delivery: NewDelivery = { ...event, id: newId('dlv', clock), source, kind: 'stream' };
  const { id, known } = await accept(delivery);
  const fields = { source, delivery: id, deliveryId: event.deliveryId, event: event.event, remote: event.remote };
  if (known) return log.debug('delivery is known already', fields);
  onAccepted(delivery);
  const { reading } = event;
  if ('ignored' in reading) return log.debug('delivery recorded and ignored', { ...fields, reason: reading.ignored });
  const { repository, ref, commit } = reading.hint;
  log.info('delivery accepted', { ...fields, repository, ref, revision: commit });
}

/** What nobody but a human can mend. */
const needsHuman: ReadonlySet<StreamState> = new Set(['wrong-key', 'not-permitted', 'host-key-changed', 'misconfigured']);

/** The louder, the more a human is needed. */
export function logChange(log: Log, source: string, { state, message, retryAt }: StreamHealth): void {
  const fields = { source, state, ...(message === null ? {} : { error: message }), ...(retryAt === null ? {} : { retryAt }) };
  if (needsHuman.has(state)) log.error('the event stream of a source is not listened to; the sweep finds changes meanwhile', fields);
  else if (message !== null) log.warn('the event stream of a source is disturbed', fields);
  else log.info('the event stream of a source', fields);
}
