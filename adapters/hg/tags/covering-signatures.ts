import type { HgChangeset } from '#adapters/hg/back-end.ts';
import { allowedHeads } from '#adapters/hg/tags/allowed-heads.ts';
import type { TagBook } from '#adapters/hg/tags/tag-book.ts';
import { parseHgRef } from '#core/hg-ref.ts';
import { limits } from '#core/limits.ts';
import type { SignedObject } from '#core/signature.ts';

interface Range {
  readonly head: string;
  /** The ref that the range came to: signatures may come to its branch after what they sign. */
  readonly ref: string;
  /** Newest first. */
  readonly commits: readonly HgChangeset[];
}

/** By node, everything that stands for it. Never empty. */
type Signatures = ReadonlyMap<string, readonly SignedObject[]>;

/**
 * What was signed of each changeset of a range, by node; nothing for one that nobody signed. A node is a hash over everything that lies below it, so whoever
 * signs a changeset of the range has signed those below it as well. `hg sign` itself makes a changeset that nobody has signed yet: one that touches nothing but
 * `.hgsigs` rests on what was signed of its parent.
 * @throws HeadgateError as readTag
 */
export async function coveringSignatures(book: TagBook, { head, ref, commits }: Range): Promise<ReadonlyMap<string, SignedObject>> {
  const signatures = await signaturesFor(book, head, ref);
  const covered = new Map<string, readonly SignedObject[]>();
  for (const { node, parents } of commits) {
    const own = joined(signatures.get(node), covered.get(node));
    if (own.length === 0) continue;
    covered.set(node, own);
    for (const parent of parents) covered.set(parent, joined(covered.get(parent), own));
  }
  await addSignings(book, signatures, commits, covered);
  return new Map(
    [...covered].flatMap(([node, [first, ...others]]) => (first ? [[node, others.length > 0 ? { ...first, others } : first]] : [])),
  );
}

/** Signatures prove themselves, so those at the head of the branch are as good as those at the head of the range. */
async function signaturesFor(book: TagBook, head: string, text: string): Promise<Signatures> {
  const ref = parseHgRef(text);
  const heads = ref ? allowedHeads(await book.names(), ref.kind === 'tag' ? ref.on : ref).heads : [];
  const all = await Promise.all([...new Set([head, ...heads.slice(0, 1)])].map((node) => book.signatures(node)));
  return new Map(all.flatMap((one) => [...one].map(([node, object]) => [node, apart(object)] as const)));
}

function apart({ others = [], ...first }: SignedObject): readonly SignedObject[] {
  return [first, ...others];
}

function joined(one: readonly SignedObject[] = [], other: readonly SignedObject[] = []): readonly SignedObject[] {
  if (one.length === 0 || one === other) return other;
  return other.length === 0 ? one : [...new Set([...one, ...other])].slice(0, limits.hgTags.signatures);
}

/** Oldest first: one may stand on the other. */
async function addSignings(
  { backEnd, repository }: TagBook,
  signatures: Signatures,
  commits: readonly HgChangeset[],
  covered: Map<string, readonly SignedObject[]>,
): Promise<void> {
  let left = limits.hgTags.signings;
  for (const { node, parents } of commits.toReversed()) {
    const [parent] = parents;
    if (covered.has(node) || parent === undefined || parents.length > 1) continue;
    const below = covered.get(parent) ?? signatures.get(parent);
    if (below === undefined || (left -= 1) < 0) continue;
    const { files } = await backEnd.range(repository, parent, node);
    if (files?.join('\n') === '.hgsigs') covered.set(node, below);
  }
}
