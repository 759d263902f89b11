import { limits } from '#core/limits.ts';
import type { RangeCommit } from '#core/ports/read-back.ts';
import { signedCommit, signedTag } from '#core/signed-object.ts';
import type { SignedObject } from '#core/signature.ts';
import { readObjects, type StoredObjects } from './objects.ts';

/** Commits with what each carries as its signature. Not complete when they are too large together: then those behind carry none. */
export async function withSignatures(
  mirror: StoredObjects,
  commits: readonly RangeCommit[],
): Promise<{ readonly commits: readonly RangeCommit[]; readonly complete: boolean }> {
  const ids = commits.map(({ id }) => id);
  const stored = await readObjects(mirror, 'commit', ids, limits.git.storedBytes);
  const signed = (id: string): SignedObject | null => signedCommit(stored.get(id)?.toString('latin1') ?? '', id);
  return { commits: commits.map((commit) => ({ ...commit, signed: signed(commit.id) })), complete: stored.size === ids.length };
}

/** What an annotated tag of a mirror carries; undefined for one that is too large to be read. */
export async function signedTagOf(mirror: StoredObjects, id: string): Promise<SignedObject | null | undefined> {
  const stored = (await readObjects(mirror, 'tag', [id], limits.git.storedBytes)).get(id);
  return stored && signedTag(stored.toString('latin1'));
}
