import type { HgBackEnd } from '#adapters/hg/back-end.ts';
import { allowedHeads, type TaggedLine } from '#adapters/hg/tags/allowed-heads.ts';
import { broughtBy } from '#adapters/hg/tags/read-tag.ts';
import { TagBook } from '#adapters/hg/tags/tag-book.ts';
import { leadOf } from '#adapters/hg/tags/tag-file.ts';
import { hgRefText, parseHgRef } from '#core/hg-ref.ts';
import type { RefHead } from '#core/ports/read-back.ts';

/**
 * Every tag that `.hgtags` has at the open head of a branch or bookmark, by ref, in the order in which they last moved. Says which there are, not
 * whether they may be followed: only doubts about the head itself are told, all others by `readTag`.
 * @throws HeadgateError as readTag
 */
export async function listTags(
  backEnd: HgBackEnd,
  repository: string,
  on: TaggedLine,
  book: TagBook = new TagBook(backEnd, repository),
): Promise<ReadonlyMap<string, RefHead>> {
  const { heads, doubts } = allowedHeads(await book.names(), on);
  const found = new Map<string, RefHead>();
  for (const head of heads) for (const [ref, tag] of await tagsAt(book, on, head)) if (!found.has(ref)) found.set(ref, tag);
  return doubts.length === 0 ? found : new Map([...found].map(([ref, tag]) => [ref, { ...tag, doubts }]));
}

async function tagsAt(book: TagBook, on: TaggedLine, head: string): Promise<readonly (readonly [string, RefHead])[]> {
  const { entries } = await book.tags(head);
  const known = [...entries].flatMap(([name, entry]) => {
    const ref = hgRefText({ kind: 'tag', name, on });
    const commit = leadOf(entry);
    return commit === undefined || parseHgRef(ref) === undefined ? [] : [{ ref, name, entry, commit }];
  });
  const ordered = known.toSorted((a, b) => a.entry.at - b.entry.at);
  return Promise.all(
    ordered.map(async ({ ref, name, entry, commit }) => [ref, { object: await broughtBy(book, name, head, entry), commit }] as const),
  );
}
