/**
 * Why a ref, or what it leads to, cannot be taken for what people mean by it. Ambiguity is a denial: policies deny a change that has one,
 * and the message is what people read. `several-heads`: the branch has more than one open head. `shadowed`: a bookmark has the name of the branch
 * (or of the tag). `draft`, `secret`, `obsolete`: the phase, or evolution, of the changeset. `subrepositories`, `largefiles` and `symlinks` lie under a path
 * that is published; `unfit`: nothing can be published of it, it is too large for example.
 * `tag-unsigned`, `tag-invalid`, `tag-moved`: what the rule for signed tags asks for does not hold.
 */
export type RefDoubtCode =
  | 'several-heads'
  | 'shadowed'
  | 'draft'
  | 'secret'
  | 'obsolete'
  | 'subrepositories'
  | 'largefiles'
  | 'symlinks'
  | 'unfit'
  | 'tag-unsigned'
  | 'tag-invalid'
  | 'tag-moved';

export interface RefDoubt {
  readonly code: RefDoubtCode;
  /** In words, with what was seen and where. */
  readonly message: string;
}

/** Whether two lists doubt for the same reasons, whatever they name in words. */
export function isSameDoubt(one: readonly RefDoubt[] = [], other: readonly RefDoubt[] = []): boolean {
  const codes = (doubts: readonly RefDoubt[]): string => [...new Set(doubts.map(({ code }) => code))].toSorted().join();
  return codes(one) === codes(other);
}
