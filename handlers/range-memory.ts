import { limits } from '#core/limits.ts';
import type { RangeEvidence } from '#core/range-evidence.ts';

/** What a source said for the latest decisions, so that deciding once more before acting asks it nothing when nothing has changed. */
export class RangeMemory {
  readonly #byDecision = new Map<string, RangeEvidence>();

  /** Without what was signed: that is verified. */
  keep(decision: string, { facts, ...more }: RangeEvidence): void {
    const commits = facts.commits.map((commit) => ({ ...commit, signed: null }));
    this.#byDecision.set(decision, { ...more, facts: { ...facts, commits } });
    for (const oldest of this.#byDecision.keys()) {
      if (this.#byDecision.size <= limits.readBack.remembered) return;
      this.#byDecision.delete(oldest);
    }
  }

  of(decision: string): RangeEvidence | undefined {
    return this.#byDecision.get(decision);
  }
}
