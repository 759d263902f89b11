import type { Page, PageRequest } from '#core/ports/page.ts';

/**
 * What a record tells of. `decided`: a decision, made for the first time or again. `published`: an artifact was published and its tag moved.
 * `triggered`: Flux was asked. `outcome`: what the
 * cluster reported. `policies`: the set of policies in force is another. `started`, `stopped`: between them nothing is observed.
 * `applied`: a target runs a revision that no decision allowed. `unobserved`: nobody saw a cluster between two moments.
 * `pruned`: retention has deleted something. `erased`: whom a reference to a person means is no longer known here.
 */
export const recordKinds = [
  'decided',
  'published',
  'triggered',
  'outcome',
  'applied',
  'unobserved',
  'policies',
  'started',
  'stopped',
  'pruned',
  'erased',
] as const;

export type RecordKind = (typeof recordKinds)[number];

/** What is put on record beside decisions and outcomes, which put themselves there. */
export interface NewRecord {
  readonly kind: RecordKind;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Plain JSON; what it holds depends on the kind. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** What a target runs, as the cluster says. */
export interface SeenRevision {
  /** Key of the target. */
  readonly target: string;
  /** As Flux writes it, `main@sha1:…`. */
  readonly revision: string;
  /** When it was seen, milliseconds since the epoch. */
  readonly at: number;
  /**
   * Null when a decision allowed it. `first`: it was there when the target was seen for the first time. `denied`: id of the decision that
   * denied it, null when there is none.
   */
  readonly ungated: { readonly first: boolean; readonly denied: string | null } | null;
}

/** One link of the evidence chain. */
export interface ChainRecord {
  /** Its position as text. */
  readonly id: string;
  /** SHA-256 over the canonical JSON (RFC 8785) of `record`, in hex. */
  readonly hash: string;
  readonly record: RecordDocument;
}

export interface RecordDocument {
  /** Position in the chain: 1, 2, 3, … without gaps. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: RecordKind;
  /** `hash` of the record before; of the first one 64 zeros. */
  readonly previous: string;
  readonly [field: string]: unknown;
}

export interface RecordFilter {
  readonly kind?: RecordKind;
  readonly change?: string;
  readonly decision?: string;
  readonly target?: string;
  /** At or after, milliseconds since the epoch. */
  readonly since?: number;
  /** Before. */
  readonly until?: number;
}

/** The last link, or what the chain begins after: then `seq` is 0. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** The evidence chain. Decisions and outcomes are put on record by the operations that write them, all or nothing. */
export interface Records {
  /** Puts something else on record. */
  note(record: NewRecord): Promise<void>;
  /** Notes what a target runs, and puts it on record unless a decision allowed it. Nothing comes of what was seen last already. */
  see(seen: SeenRevision): Promise<void>;
  /** By target: the revision that was seen last. */
  lastSeen(): Promise<ReadonlyMap<string, string>>;
  chainHead(): Promise<ChainHead>;
  records(filter: RecordFilter, page: PageRequest): Promise<Page<ChainRecord>>;
  record(id: string): Promise<ChainRecord | undefined>;
  /** Whom a reference in records means (`person:…`), as the source or issuer named them; undefined when that is not known, or erased. */
  person(reference: string): Promise<string | undefined>;
  /** Erases it, and puts on record that it was. Resolves false when it was not known. The chain stays as it is. */
  erasePerson(reference: string): Promise<boolean>;
}
