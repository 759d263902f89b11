import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { NewRecord, Records } from '#core/ports/records.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { PolicySet } from '#policy/documents.ts';

export interface RecordKeeping {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<Records, 'note'>;
  /** The policies in force now; null where whoever takes them into force puts them on record. */
  readonly policies: (() => PolicySet) | null;
  readonly version: string;
}

/** Puts on record what no operation of the journal does: that the server runs, and under which policies. */
export class RecordKeeper {
  readonly #keeping: RecordKeeping;
  #started = false;
  /** Of the set that was put on record last. */
  #policies: string | undefined;

  constructor(keeping: RecordKeeping) {
    this.#keeping = keeping;
  }

  /** What cannot be written now is written at the next look. Does not reject. */
  async look(): Promise<void> {
    await this.#attempt(async () => {
      if (!this.#started) await this.#note('started', { version: this.#keeping.version });
      this.#started = true;
      const set = this.#keeping.policies?.();
      if (!set) return;
      const state = `${set.hash} ${set.unavailable ?? ''}`;
      if (state !== this.#policies) await this.#note('policies', policiesContent(set));
      this.#policies = state;
    });
  }

  /** Does not reject. */
  async stop(): Promise<void> {
    await this.#attempt(() => this.#note('stopped', { version: this.#keeping.version }));
  }

  #note(kind: NewRecord['kind'], content: NewRecord['content']): Promise<void> {
    return this.#keeping.journal.note({ kind, at: this.#keeping.clock.now(), content });
  }

  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#keeping.log.warn('something could not be put on record', { error: messageOf(error) });
    }
  }
}

/** Nothing tells who changed files in a directory. */
function policiesContent({ hash, unavailable, policies }: PolicySet): NewRecord['content'] {
  return {
    policySet: hash,
    unavailable,
    by: 'unattributed',
    policies: policies.map(({ name, hash: own, mode }) => ({ name, hash: own, mode })),
  };
}
