import { limits } from '#core/limits.ts';
import type { RuleSection } from './access-rules.ts';
import { fitOf, type PatternFit, type PatternUser } from './ref-pattern.ts';

/** Sections of one pattern: they are equally specific, and stand together, the project's own before inherited ones. */
interface Block extends PatternFit {
  readonly sections: readonly RuleSection[];
}

type Order = readonly Block[];

/**
 * The orders, the most specific first, in which Gerrit may look at the sections that fit a ref. One, unless a pattern is a regular expression
 * whose place is not known, or may not fit at all.
 * @returns undefined when there are too many
 */
export function possibleOrders(
  sections: readonly RuleSection[],
  ref: string,
  user: PatternUser,
): readonly (readonly RuleSection[])[] | undefined {
  const blocks = [...Map.groupBy(sections, ({ pattern }) => pattern)]
    .map(([pattern, own]): Block => ({ ...fitOf(pattern, ref, user), sections: own.toSorted((a, b) => a.depth - b.depth) }))
    .filter(({ fits }) => fits !== 'no');
  const fixed = blocks.filter(({ weight }) => weight !== null).toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0));
  let orders: readonly Order[] = [fixed];
  for (const block of blocks.filter(({ weight }) => weight === null)) {
    orders = orders.flatMap((order) => withBlock(order, block));
    if (orders.length > limits.gerritRights.orders) return undefined;
  }
  return orders.map((order) => order.flatMap((block) => block.sections));
}

function withBlock(order: Order, block: Block): readonly Order[] {
  const placed = Array.from({ length: order.length + 1 }, (_, at) => order.toSpliced(at, 0, block));
  return block.fits === 'unknown' ? [order, ...placed] : placed;
}
