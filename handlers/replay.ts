import type { Announcer } from '#core/announcements.ts';
import type { NewDelivery, Reading } from '#core/delivery.ts';
import type { ErrorCode } from '#core/error-codes.ts';
import { HeadgateError } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Archive, DeliveryLog } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { replayId } from '#core/replay-id.ts';
import { explain, type Explaining } from '#handlers/explain.ts';
import { emptyExplanation, type Explanation } from '#handlers/explanation.ts';
import { newestChanges } from '#handlers/newest-changes.ts';
import { lateFor } from '#handlers/order.ts';
import { readAgain, type ReadAgain } from '#handlers/read-again.ts';
import { selectDeliveries, type ReplaySelection, type Selected } from '#handlers/replay-selection.ts';

export interface Replaying extends Explaining {
  readonly journal: Pick<DeliveryLog, 'append'> & Pick<Archive, 'delivery' | 'deliveries' | 'body' | 'changes'>;
  readonly announcer: Announcer;
  readonly log: Log;
  /** Deliveries have been entered. */
  readonly onAccepted: () => void;
}

export interface ReplayRequest {
  readonly selection: ReplaySelection;
  /** Only say what would come of it. */
  readonly dryRun: boolean;
  /** Under one key a delivery is replayed once; null = the request is another one each time. */
  readonly key: string | null;
  /** Address of whoever asks. */
  readonly remote: string;
}

/** What came of the wish to replay one delivery. */
export interface Replayed {
  /** Id of the delivery; what was asked for, where that means none. */
  readonly delivery: string;
  readonly source: string | null;
  readonly repository: string | null;
  readonly ref: string | null;
  /** Id of the delivery that takes it through the flow again; null when nothing was entered. */
  readonly replay: string | null;
  /** It was entered before, under the same key. */
  readonly known: boolean;
  /** Why nothing will come of it: how it is read now. */
  readonly ignored: string | null;
  /** On a dry run: what would come of it by itself. */
  readonly explanation: Explanation | null;
  readonly error: { readonly code: ErrorCode; readonly detail: string; readonly hint: string } | null;
}

/**
 * Takes recorded deliveries through the flow once more, oldest first: each is read again and entered as a delivery of kind `replay`,
 * which is confirmed, matched and decided like any other. One that cannot be replayed holds up no other.
 * @throws HeadgateError REQUEST_INVALID when more are meant than are replayed at once
 */
export async function replayDeliveries(deps: Replaying, request: ReplayRequest): Promise<readonly Replayed[]> {
  const items: Replayed[] = [];
  for (const selected of await selectDeliveries(deps.journal, request.selection)) items.push(await one(deps, request, selected));
  if (items.some(({ replay, known }) => replay !== null && !known)) deps.onAccepted();
  return items;
}

const nothing = { source: null, repository: null, ref: null, replay: null, known: false, ignored: null, explanation: null, error: null };

async function one(deps: Replaying, request: ReplayRequest, selected: Selected): Promise<Replayed> {
  if ('error' in selected) return { ...nothing, delivery: selected.name, error: shown(selected.error) };
  const { id, source, hint } = selected.delivery;
  const about = { ...nothing, delivery: id, source, repository: hint?.repository ?? null, ref: hint?.ref ?? null };
  try {
    const read = await readAgain(deps, selected.delivery);
    const told = { ...about, ...toldBy(read.reading) };
    return request.dryRun ? { ...told, explanation: await explained(deps, read) } : { ...told, ...(await enter(deps, request, read)) };
  } catch (error) {
    if (error instanceof HeadgateError) return { ...about, error: shown(error) };
    throw error;
  }
}

function shown({ code, message, hint }: HeadgateError): Replayed['error'] {
  return { code, detail: message, hint };
}

function toldBy(reading: Reading): Partial<Replayed> {
  return 'ignored' in reading ? { ignored: reading.ignored } : { repository: reading.hint.repository, ref: reading.hint.ref };
}

async function enter(deps: Replaying, { key, remote }: ReplayRequest, read: ReadAgain): Promise<Pick<Replayed, 'replay' | 'known'>> {
  const { clock, journal, log, announcer } = deps;
  const { delivery: replayed, headers, body, reading } = read;
  const { source, event } = replayed;
  const id = newId('dlv', clock);
  const deliveryId = replayId(replayed.id, key ?? id);
  const delivery: NewDelivery = { id, source, deliveryId, kind: 'replay', event, receivedAt: clock.now(), remote, headers, body, reading };
  const { id: replay, known } = await journal.append(delivery);
  if (!known) {
    announcer.announce('delivery', replay);
    announcer.announce('delivery', replayed.id); // its page shows its replays
    log.info('a delivery is replayed', { source, delivery: replay, replayOf: replayed.id, remote, ...toldBy(reading) });
  }
  return { replay, known };
}

async function explained(deps: Replaying, { delivery: { source }, reading }: ReadAgain): Promise<Explanation> {
  if ('ignored' in reading) return emptyExplanation(`it would be ignored: ${reading.ignored}`);
  const { hint } = reading;
  const { repository, ref } = hint;
  const known = await newestChanges(deps.journal, { source, repository, ref });
  const explanation = explain(deps, { source, hint, lateFor: lateFor(hint, known) });
  const isAsked = deps.adapters.get(source)?.readBack !== null;
  return isAsked
    ? { ...explanation, notes: [...explanation.notes, `${source} was not asked; a replay asks it what ${ref} leads to`] }
    : explanation;
}
