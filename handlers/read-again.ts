import { asserted } from '#core/asserted.ts';
import { isSeen, type Delivery, type Reading } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';

/** A delivery as it is on record, and what it says when it is read now. */
export interface ReadAgain {
  readonly delivery: Delivery;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly reading: Reading;
}

export interface ReadingAgain {
  readonly journal: Pick<Archive, 'body' | 'deliveries'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
}

/**
 * Reads a recorded delivery once more, by the adapter of now. It was authenticated when it came.
 * @throws HeadgateError DELIVERY_PENDING, REPLAY_REFUSED (requests: whoever wants one asks in their own name), SOURCE_UNKNOWN,
 * DELIVERY_BODY_GONE, and as SourceAdapter.read
 */
export async function readAgain({ journal, adapters }: ReadingAgain, delivery: Delivery): Promise<ReadAgain> {
  const { id, source, kind, state } = delivery;
  if (kind === 'request') throw new HeadgateError('REPLAY_REFUSED', `${id} is a request of somebody, who may ask again`);
  if (state === 'pending') throw new HeadgateError('DELIVERY_PENDING', `${id} is still under way`);
  const adapter = adapters.get(source);
  if (!adapter)
    throw new HeadgateError('SOURCE_UNKNOWN', `${id} is of source ${source}, which is no longer configured`, {
      hint: 'Add the source to spec.sources again, under the same name.',
    });
  const kept = await journal.body(id);
  if (!kept) throw new HeadgateError('DELIVERY_BODY_GONE', `the body of ${id} is no longer kept`);
  const reading = isSeen(delivery.kind) ? ownReading(delivery) : read(adapter, delivery, kept);
  if ('ignored' in reading) return { delivery, ...kept, reading };
  const sender = delivery.hint?.sender; // who vouched for it when it came: the token is not kept
  const again = { firstAt: delivery.receivedAt, handled: await wasHandled(journal, delivery) };
  return { delivery, ...kept, reading: { hint: { ...(sender ? asserted(reading.hint, sender) : reading.hint), again } } };
}

/** What a look of our own saw is in our words, and no adapter reads them. */
function ownReading({ hint, reason }: Delivery): Reading {
  return hint ? { hint } : { ignored: reason ?? 'the journal holds no hint for it' };
}

function read(adapter: SourceAdapter, { id, event }: Delivery, { body, headers }: Pick<ReadAgain, 'body' | 'headers'>): Reading {
  try {
    return adapter.read(event, body, headers);
  } catch (cause) {
    if (!(cause instanceof HeadgateError)) throw cause;
    throw new HeadgateError(cause.code, cause.message, {
      hint: `\`headgate trace ${id}\` tells what came of it when it was received.`,
      cause,
    });
  }
}

/** Whether a change came of it, or of a replay. */
async function wasHandled(journal: ReadingAgain['journal'], { id, state }: Delivery): Promise<boolean> {
  if (state === 'done') return true;
  const { items } = await journal.deliveries({ replayOf: id, state: 'done' }, { limit: 1, cursor: null });
  return items.length > 0;
}
