import type { HgBackEnd } from '#adapters/hg/back-end.ts';
import { allowedHeads, type TagRef } from '#adapters/hg/tags/allowed-heads.ts';
import { TagBook } from '#adapters/hg/tags/tag-book.ts';
import type { SignedObject } from '#core/signature.ts';

/**
 * What was signed of the changeset that brought a tag, as `.hgsigs` says at the head where the tag is read. Nothing of it is verified.
 * @param object as `readTag` tells it
 * @returns null when nobody signed it, undefined when there is no such head
 * @throws HeadgateError as readTag
 */
export async function signedTag(
  backEnd: HgBackEnd,
  repository: string,
  { on }: TagRef,
  object: string,
  book: TagBook = new TagBook(backEnd, repository),
): Promise<SignedObject | null | undefined> {
  const [head] = allowedHeads(await book.names(), on).heads;
  return head === undefined ? undefined : ((await book.signatures(head)).get(object) ?? null);
}
