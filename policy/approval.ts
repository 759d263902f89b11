import type { Person } from '#core/person.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { CodeOwners } from '#policy/owners/parse-owners.ts';
import type { Voice } from '#policy/voice.ts';

/** A review or a vote that counts. */
export interface Approval {
  readonly person: Person;
  readonly voice: Voice;
}

/** What judging a pull request looks at beside itself. */
export interface PullInput extends DecisionInput {
  /** Paths that differ in the range. */
  readonly files: readonly string[];
  /** Who owns them; null where nobody does, and for rules that do not ask. */
  readonly owners: CodeOwners | null;
}
