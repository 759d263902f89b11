import { limits } from '#core/limits.ts';
import type { ChainHead } from '#core/ports/records.ts';
import type { Rows } from '#journal/postgres/reader.ts';
import type { ChainLink } from '#journal/records/chain.ts';

/** A chain as a database holds it, believed in nothing. */
export interface StoredChain {
  /** What the chain begins after. */
  readonly base: ChainHead;
  /** By seq, read as they are asked for. */
  readonly links: AsyncIterable<ChainLink>;
}

const queries = {
  base: 'SELECT seq, hash FROM record_base',
  links: 'SELECT seq, document, hash FROM record WHERE seq > $1 ORDER BY seq LIMIT $2',
};

/** The chain as of the moment that `moment` reads. */
export async function chainOf(moment: Rows): Promise<StoredChain> {
  const bases = await moment.rows<ChainHead>(queries.base);
  const [base] = bases;
  if (base === undefined || bases.length > 1) throw new Error(`the chain has ${bases.length} beginnings`);
  return { base, links: linksOf(moment) };
}

/** From the very first: what stands before the beginning of the chain is a fault that a reader wants to know. */
async function* linksOf(moment: Rows): AsyncIterable<ChainLink> {
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const links = await moment.rows<ChainLink>(queries.links, [after, limits.journal.moving.rows]);
    yield* links;
    const last = links.at(-1);
    if (last === undefined) return;
    after = last.seq;
  }
}
