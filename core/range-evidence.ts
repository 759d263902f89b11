import type { RangeFacts } from '#core/ports/read-back.ts';
import type { Signing } from '#core/signature.ts';

/** What policies may ask of everything between the last revision that was allowed at a target and the one asked for. */
export interface RangeEvidence {
  readonly facts: RangeFacts;
  /** By commit id, of every commit of the range; empty when nobody asked. */
  readonly signings: ReadonlyMap<string, Signing>;
  /** Of the tag that the ref of the change is about; absent for branches, and when nobody asked. */
  readonly tag?: Signing;
}

/**
 * The evidence, or in words why there is none: then no rule that asks for it can hold. `base`: the revision that it would have counted from,
 * where that is known all the same. `tag`, as in RangeEvidence: rules about the tag alone need nothing to count from.
 */
export type Ranged = RangeEvidence | { readonly missing: string; readonly base?: string | null; readonly tag?: Signing };

/** For whoever does not ask a source. */
export const unasked: Ranged = { missing: 'the source was not asked' };
