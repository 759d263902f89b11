import type { Announcer } from '#core/announcements.ts';
import { limits } from '#core/limits.ts';
import type { Records } from '#core/ports/records.ts';

/** Announces what has come to the chain of records since the last look: records are added by the journal, not by whoever announces. */
export class RecordFeed {
  readonly #journal: Pick<Records, 'chainHead'>;
  readonly #announcer: Announcer;
  #last: number | undefined;

  constructor({ journal, announcer }: { readonly journal: Pick<Records, 'chainHead'>; readonly announcer: Announcer }) {
    this.#journal = journal;
    this.#announcer = announcer;
  }

  /** Whoever listens is told of so many at once; one who needs more reads the list. */
  async look(): Promise<void> {
    const { seq } = await this.#journal.chainHead();
    const first = Math.max(this.#last ?? seq, seq - limits.records.announced) + 1;
    for (let one = first; one <= seq; one++) this.#announcer.announce('record', String(one));
    this.#last = seq;
  }
}
