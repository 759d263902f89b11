import type { Person } from '#core/person.ts';
import type { ReviewFacts } from '#core/ports/read-back.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { CodeOwners } from '#policy/owners/parse-owners.ts';

/** A review that counts. */
export interface Approval {
  readonly person: Person;
  readonly review: ReviewFacts;
}

/** What judging a pull request looks at beside itself. */
export interface PullInput extends DecisionInput {
  /** Paths that differ in the range. */
  readonly files: readonly string[];
  /** Who owns them; null where nobody does, and for rules that do not ask. */
  readonly owners: CodeOwners | null;
}
