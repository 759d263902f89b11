import { accessUnasked, type Access } from '#core/access.ts';
import type { Change } from '#core/change.ts';
import type { SecondAuthority } from '#core/ports/second-authority.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import type { PolicySet } from '#policy/documents.ts';

/** What second authorities said of one change, by the keys of its targets. */
export type Accesses = ReadonlyMap<string, Access>;

export const noAccesses: Accesses = new Map();

export interface Authorized {
  readonly authority: SecondAuthority;
  readonly policies: () => Pick<PolicySet, 'hash'>;
}

/** Asks the clusters of targets about whoever stands behind a change; where that is nobody verified, nothing is asked. */
export async function askAccesses(
  { authority, policies }: Authorized,
  { subject }: Pick<Change, 'subject'>,
  targets: readonly TargetRef[],
): Promise<Accesses> {
  if (!subject) return noAccesses;
  const asked = targets.filter(({ cluster }) => authority.known(cluster, subject) === null);
  const { hash } = policies();
  return new Map(await Promise.all(asked.map(async (target) => [targetKey(target), await authority.ask(subject, target, hash)] as const)));
}

/** What is known of one target: fail-closed, what had to be asked and was not is no answer. */
export function accessOf(
  { authority }: Pick<Authorized, 'authority'>,
  accesses: Accesses,
  change: Pick<Change, 'subject'>,
  target: TargetRef,
): Access {
  return accesses.get(targetKey(target)) ?? authority.known(target.cluster, change.subject ?? null) ?? accessUnasked;
}
