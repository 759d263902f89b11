import { createHash } from 'node:crypto';
import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import type { RefHead } from '#core/ports/read-back.ts';

/** A ref of a source's repository. */
export interface WatchedRef {
  readonly source: string;
  readonly repository: string;
  readonly ref: string;
}

/**
 * The delivery that tells of a head that no webhook told of. Its id derives from what was known before, so that whoever sees
 * the same difference enters it once, and a ref that goes back and forth enters each time.
 * @param known the newest change that moved the ref, undefined when none is known
 * @param actors whoever moved it there, as far as the source names them all
 */
export function unheardHead(
  clock: Clock,
  of: WatchedRef,
  head: RefHead,
  { known, actors, cause }: { readonly known: Change | undefined; readonly actors: readonly Actor[]; readonly cause: string },
): NewDelivery {
  const { source, repository, ref } = of;
  const before = known?.after ?? null;
  const seen = { repository, ref, before, head, known: known?.id ?? null };
  return {
    id: newId('dlv', clock),
    source,
    deliveryId: `sweep-${createHash('sha256')
      .update(JSON.stringify([repository, ref, seen.known, head.object]))
      .digest('hex')
      .slice(0, 40)}`,
    kind: 'sweep',
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
