import type { RecordKind } from '#core/ports/records.ts';
import { nextLink, type ChainLink, type Draft } from '#journal/records/chain.ts';
import { PersonReferences, type KeptName } from '#journal/records/person-references.ts';
import type { Chain, News } from '#journal/records/tellings.ts';
import { BulkInsert, type Session, type Statement } from '#journal/postgres/session.ts';

const standing: Statement = {
  name: 'ledger standing',
  text: `SELECT coalesce(r.seq, b.seq) AS seq, coalesce(r.hash, b.hash) AS hash, EXISTS (SELECT 1 FROM sink) AS told, j.erasures, l.holder AS leader
    FROM record_base b CROSS JOIN headgate_journal j CROSS JOIN lead l LEFT JOIN LATERAL (SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1) r ON true`,
};

interface Standing {
  readonly seq: number;
  readonly hash: string;
  readonly told: boolean;
  readonly erasures: number;
  readonly leader: string;
}

const insertRecords = new BulkInsert<ChainLink>('record', { seq: 'bigint', document: 'text', hash: 'text' });
const insertNews = new BulkInsert<News>('news', { kind: 'text', change: 'text', decision: 'text', reconcile: 'text', at: 'bigint' });
const insertPersons = new BulkInsert<KeptName>(
  'person',
  { reference: 'text', name: 'text', at: 'bigint' },
  'ON CONFLICT (reference) DO UPDATE SET at = greatest(person.at, excluded.at)',
);

/** How far a ledger had been written, to go back to. */
export interface Mark {
  readonly head: Standing;
  readonly links: number;
  readonly news: number;
  readonly persons: number;
}

/**
 * What one transaction puts on record and notes for sinks, written in one go before it is committed. Nothing about the end of the chain is remembered
 * from one transaction to the next: other processes write too.
 */
export class Ledger implements Chain {
  readonly references: PersonReferences;
  #head: Standing | undefined;
  #erasures = -1;
  readonly #links: ChainLink[] = [];
  readonly #news: News[] = [];
  readonly #persons: KeptName[] = [];

  /** @param persons key of the references that stand for people */
  constructor(persons: Uint8Array) {
    this.references = new PersonReferences(persons, (name) => void this.#persons.push(name));
  }

  /** Call it under the lock of the flow. A name that another process has erased is kept again with its next use. */
  async open(session: Session): Promise<void> {
    const [row] = await session.rows<Standing>(standing, []);
    if (!row) throw new Error('the journal has no beginning of its chain');
    this.#drop({ head: row, links: 0, news: 0, persons: 0 });
    if (this.#erasures !== row.erasures) this.references.forget();
    this.#erasures = row.erasures;
  }

  get isOpen(): boolean {
    return this.#head !== undefined;
  }

  /** Who leads; empty = nobody. */
  get leader(): string {
    return this.#opened().leader;
  }

  set leader(leader: string) {
    this.#head = { ...this.#opened(), leader };
  }

  add(kind: RecordKind, at: number, draft: Draft): void {
    const head = this.#opened();
    const link = nextLink(head, kind, at, draft);
    this.#links.push(link);
    this.#head = { ...head, seq: link.seq, hash: link.hash };
  }

  /** Nothing is noted while there is no sink. */
  tell(news: readonly News[]): void {
    if (!this.#opened().told) return;
    for (const one of news) this.#news.push({ ...one, at: Math.trunc(one.at) });
  }

  mark(): Mark {
    return { head: this.#opened(), links: this.#links.length, news: this.#news.length, persons: this.#persons.length };
  }

  /** Goes back to a mark; what was remembered of people since may not have been written. */
  undo(mark: Mark): void {
    this.#drop(mark);
    this.references.forget();
  }

  /** Writes what was added. A name is written once, with its latest use. */
  async write(session: Session): Promise<void> {
    const persons = new Map<string, KeptName>();
    for (const { reference, name, at } of this.#persons)
      persons.set(reference, { reference, name, at: Math.max(Math.trunc(at), persons.get(reference)?.at ?? 0) });
    await insertPersons.run(session, [...persons.values()]);
    await insertRecords.run(session, this.#links);
    await insertNews.run(session, this.#news);
    this.#links.length = 0;
    this.#news.length = 0;
    this.#persons.length = 0;
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.references.forget();
    this.close();
  }

  /** The transaction is over: what it knew of the chain is true no longer. */
  close(): void {
    this.#head = undefined;
    this.#links.length = 0;
    this.#news.length = 0;
    this.#persons.length = 0;
  }

  #drop({ head, links, news, persons }: Mark): void {
    this.#head = head;
    this.#links.length = links;
    this.#news.length = news;
    this.#persons.length = persons;
  }

  #opened(): Standing {
    if (!this.#head) throw new Error('the ledger is not open');
    return this.#head;
  }
}
