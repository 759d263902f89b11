import type { HgBackEnd, HgChangeset } from './back-end.ts';
import { allowedHeads } from './tags/allowed-heads.ts';
import { readTag } from './tags/read-tag.ts';
import { TagBook } from './tags/tag-book.ts';
import { HeadgateError } from '#core/errors.ts';
import { parseHgRef, type HgRef } from '#core/hg-ref.ts';
import type { RefHead } from '#core/ports/read-back.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';

type Named = Exclude<HgRef, { readonly kind: 'tag' }>;

/**
 * What typed refs lead to, with whatever makes that doubtful. A name is looked up among its own kind alone, so that a bookmark is never taken
 * for a branch. What is no typed ref leads to nothing.
 * @throws HeadgateError those of ReadBack, and CONTENT_TOO_LARGE for `.hgtags` beyond limits.hgTags
 */
export async function readHeads(
  backEnd: HgBackEnd,
  repository: string,
  refs: readonly string[],
): Promise<ReadonlyMap<string, RefHead | null>> {
  const parsed = refs.map((text) => [text, parseHgRef(text)] as const);
  if (parsed.every(([, ref]) => ref === undefined)) return new Map(refs.map((ref) => [ref, null]));
  const book = new TagBook(backEnd, repository);
  const heads = new Map<string, RefHead | null>();
  for (const [text, ref] of parsed) heads.set(text, ref === undefined ? null : await headOf(book, ref));
  return heads;
}

async function headOf(book: TagBook, ref: HgRef): Promise<RefHead | null> {
  return ref.kind === 'tag' ? readTag(book.backEnd, book.repository, ref, book) : namedHead(book, ref);
}

/** Of several open heads the first by id is told of, whichever came last: nothing is deployed of any of them. */
async function namedHead(book: TagBook, ref: Named): Promise<RefHead | null> {
  const { heads, doubts } = allowedHeads(await book.names(), ref);
  const [node] = heads;
  if (node === undefined) return null;
  const all = [...doubts, ...changesetDoubts(await changesetAt(book, node))];
  return { object: node, commit: node, ...(all.length > 0 ? { doubts: all } : {}) };
}

/** Names and changesets are two questions: what was stripped between them is asked for again later. */
async function changesetAt({ backEnd, repository }: TagBook, node: string): Promise<HgChangeset> {
  const found = await backEnd.changeset(repository, node);
  if (found) return found;
  throw new HeadgateError('SOURCE_UNREACHABLE', `${repository} names ${node}, and shows no such changeset: it is changing just now`);
}

/** What is not public may still be rewritten by whoever has it, and what is obsolete has been. */
function changesetDoubts({ node, phase, obsolete }: HgChangeset): readonly RefDoubt[] {
  const doubts: RefDoubt[] = [];
  if (phase !== 'public')
    doubts.push({ code: phase, message: `${node} is ${phase}: only public changesets are deployed. \`hg phase --public\`` });
  if (obsolete) doubts.push({ code: 'obsolete', message: `${node} is obsolete: another changeset has taken its place` });
  return doubts;
}
