import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';
import type { ReadBack } from '#core/ports/read-back.ts';

/**
 * Whoever moved a ref to a head that nothing told of, since the newest change that is known (of the last movement where none is), as the
 * source's own record of movements names them. Nobody where it does not name all: rules on the pusher deny then.
 * @throws HeadgateError as ReadBack
 */
export async function pushersOf(
  readBack: ReadBack,
  { repository, ref }: { readonly repository: string; readonly ref: string },
  known: Change | undefined,
  head: string,
): Promise<readonly Actor[]> {
  const movers = await readBack.movers?.(repository, ref, known?.after ?? null, head);
  return (movers ?? []).map(({ account, name, kind }) => ({ role: 'pusher', account, name, kind }));
}
