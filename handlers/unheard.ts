import { createHash } from 'node:crypto';
import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import { lookId } from '#core/look-id.ts';
import type { RefHead } from '#core/ports/read-back.ts';

/** A ref of a source's repository. */
export interface WatchedRef {
  readonly source: string;
  readonly repository: string;
  readonly ref: string;
}

/** What is told of a head that was seen. */
export interface Seen {
  /** The newest change that moved the ref, undefined when none is known. */
  readonly known: Change | undefined;
  /** Whoever moved it there, as far as that is certain of all of them. */
  readonly actors: readonly Actor[];
}

/**
 * The delivery that tells of a head that no webhook told of. Its id derives from what was known before, so that whoever sees
 * the same difference enters it once, and a ref that goes back and forth enters each time.
 * @param cause for the record
 */
export function unheardHead(
  clock: Clock,
  of: WatchedRef,
  head: RefHead,
  { cause, ...seen }: Seen & { readonly cause: string },
): NewDelivery {
  const digest = createHash('sha256')
    .update(JSON.stringify(identityOf(of, head, seen)))
    .digest('hex');
  return { ...seenHead(clock, of, head, { ...seen, cause }), deliveryId: `sweep-${digest.slice(0, 40)}`, kind: 'sweep' };
}

/**
 * The delivery that tells of a head that was looked for because news named no ref.
 * @param cause id of the delivery that brought them
 */
export function announcedHead(
  clock: Clock,
  of: WatchedRef,
  head: RefHead,
  { cause, ...seen }: Seen & { readonly cause: string },
): NewDelivery {
  return { ...seenHead(clock, of, head, { ...seen, cause }), deliveryId: lookId(cause, identityOf(of, head, seen)), kind: 'look' };
}

function identityOf({ repository, ref }: WatchedRef, { object }: RefHead, { known }: Seen): readonly (string | null)[] {
  return [repository, ref, known?.id ?? null, object];
}

function seenHead(
  clock: Clock,
  { source, repository, ref }: WatchedRef,
  head: RefHead,
  { known, actors, cause }: Seen & { readonly cause: string },
): Omit<NewDelivery, 'deliveryId' | 'kind'> {
  // What is seen again at the same place came from where it came from then.
  const before = (known?.after === head.object ? known.before : known?.after) ?? null;
  const seen = { repository, ref, before, head, known: known?.id ?? null };
  return {
    id: newId('dlv', clock),
    source,
    event: 'head',
    receivedAt: clock.now(),
    remote: '',
    headers: {},
    body: Buffer.from(JSON.stringify({ ...seen, actors, cause })),
    reading: {
      hint: {
        repository,
        ref,
        before,
        after: head.object,
        commit: head.commit,
        action: before === null ? 'created' : 'updated',
        occurredAt: null,
        actors,
      },
    },
  };
}
