import type { Person } from '#core/person.ts';
import type { RangeFacts, ReviewFacts } from '#core/ports/read-back.ts';
import type { DecisionInput } from '#policy/decision-input.ts';

/** A review that counts. */
export interface Approval {
  readonly person: Person;
  readonly review: ReviewFacts;
}

/** What judging a pull request looks at beside itself. */
export interface PullInput extends DecisionInput {
  readonly facts: Pick<RangeFacts, 'owners' | 'files'>;
}
