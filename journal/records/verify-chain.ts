import { z } from 'zod';
import type { ChainHead } from '#core/ports/records.ts';
import { documentHash, genesis, type ChainLink } from '#journal/records/chain.ts';

/** What a signed checkpoint says of the chain: that record `seq` has this hash. */
export interface Anchor extends ChainHead {
  /** Which of the checkpoints it is, for people: `checkpoint 3`. */
  readonly name: string;
}

/** `changed`: not what was written. `missing`, `reordered`: not at its place. `truncated`: an anchor saw it. `pruned`: deleted, and no record says so. */
export type FaultKind = 'changed' | 'missing' | 'reordered' | 'truncated' | 'pruned';

export interface ChainFault {
  /** The first bad record. */
  readonly seq: number;
  readonly kind: FaultKind;
  readonly message: string;
}

export interface ChainReport {
  /** How many records were found in order. */
  readonly records: number;
  /** Everything up to this was deleted by retention; 0 = nothing. */
  readonly prunedTo: number;
  readonly head: ChainHead;
  /** How many anchors the chain was compared with; the others concern what retention has deleted. */
  readonly anchors: number;
  readonly fault: ChainFault | null;
}

/** Only what verification needs; the rest is covered by the hash. */
const linkSchema = z.object({
  seq: z.number(),
  previous: z.string(),
  kind: z.string(),
  records: z.object({ to: z.number(), hash: z.string() }).nullish(),
});

/**
 * Goes through a chain from its beginning and stops at the first fault.
 * @param base the last record that retention deleted; seq 0 when it deleted none
 * @param links by seq
 */
export function verifyChain(base: ChainHead, links: Iterable<ChainLink>, anchors: readonly Anchor[]): ChainReport {
  const walk = new ChainWalk(base, anchors);
  let fault: ChainFault | undefined;
  for (const link of links) if ((fault = walk.step(link)) !== undefined) break;
  return walk.report(fault);
}

/** The same for a chain that comes in turn, as from a database. */
export async function verifyChainInTurn(
  base: ChainHead,
  links: AsyncIterable<ChainLink>,
  anchors: readonly Anchor[],
): Promise<ChainReport> {
  const walk = new ChainWalk(base, anchors);
  let fault: ChainFault | undefined;
  for await (const link of links) if ((fault = walk.step(link)) !== undefined) break;
  return walk.report(fault);
}

class ChainWalk {
  #records = 0;
  #anchors = 0;
  #head: ChainHead;
  readonly #base: ChainHead;
  readonly #expected: ReadonlyMap<number, readonly Anchor[]>;
  #prunedOnRecord: boolean;

  constructor(base: ChainHead, anchors: readonly Anchor[]) {
    this.#base = base;
    this.#head = base;
    this.#expected = Map.groupBy(anchors, ({ seq }) => seq);
    this.#prunedOnRecord = base.seq === 0 && base.hash === genesis;
  }

  step(link: ChainLink): ChainFault | undefined {
    const fault = this.#misplaced(link) ?? this.#judge(link) ?? this.#compare(link);
    if (fault) return fault;
    this.#head = { seq: link.seq, hash: link.hash };
    this.#records++;
    return undefined;
  }

  /** @param fault what a step has found; without one the walk has come to its end */
  report(fault: ChainFault | undefined = this.#finish()): ChainReport {
    return { records: this.#records, prunedTo: this.#base.seq, head: this.#head, anchors: this.#anchors, fault: fault ?? null };
  }

  /** What shows only once everything has been seen. */
  #finish(): ChainFault | undefined {
    const [lost] = [...this.#expected.values()].flat().filter(({ seq }) => seq > this.#head.seq);
    if (lost) {
      const message = `${lost.name} saw ${lost.seq} records, the chain ends with record ${this.#head.seq}`;
      return { seq: this.#head.seq + 1, kind: 'truncated', message };
    }
    if (this.#prunedOnRecord) return undefined;
    const message = `everything up to record ${this.#base.seq} is gone, and no record says that retention deleted it`;
    return { seq: Math.max(1, this.#base.seq), kind: 'pruned', message };
  }

  #misplaced({ seq }: ChainLink): ChainFault | undefined {
    const wanted = this.#head.seq + 1;
    if (seq === wanted) return undefined;
    if (seq > wanted) return { seq: wanted, kind: 'missing', message: `after record ${this.#head.seq} comes record ${seq}` };
    return { seq, kind: 'reordered', message: `it stands before the beginning of the chain, record ${wanted}` };
  }

  #judge({ seq, document, hash }: ChainLink): ChainFault | undefined {
    if (documentHash(document) !== hash) return { seq, kind: 'changed', message: 'its hash is not that of its content' };
    const link = parseLink(document);
    if (!link) return { seq, kind: 'changed', message: 'its content is not a record' };
    if (link.seq !== seq) return { seq, kind: 'reordered', message: `what stands there was written as record ${link.seq}` };
    if (link.previous !== this.#head.hash) return this.#broken(seq);
    if (link.kind === 'pruned' && link.records?.to === this.#base.seq && link.records.hash === this.#base.hash) this.#prunedOnRecord = true;
    return undefined;
  }

  /** Each of the two is whole in itself: the one before was written anew, or the beginning of the chain was moved. */
  #broken(seq: number): ChainFault {
    const before = this.#records === 0 ? seq : this.#head.seq;
    return {
      seq: before,
      kind: 'changed',
      message: `record ${seq} was written after another record ${seq - 1} than the one that is there`,
    };
  }

  #compare({ seq, hash }: ChainLink): ChainFault | undefined {
    for (const anchor of this.#expected.get(seq) ?? []) {
      if (anchor.hash !== hash) return { seq, kind: 'changed', message: `${anchor.name} saw another record there` };
      this.#anchors++;
    }
    return undefined;
  }
}

function parseLink(document: string): z.output<typeof linkSchema> | undefined {
  try {
    return linkSchema.safeParse(JSON.parse(document)).data;
  } catch {
    return undefined; // not JSON
  }
}
