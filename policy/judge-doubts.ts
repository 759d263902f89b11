import type { Decision, Reason } from '#core/decision.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { reason } from '#policy/reason.ts';

type Doubted = Pick<DecisionInput, 'change' | 'doubts'>;

/** Ambiguity is a denial, whatever policies say and in every mode: of the ref, or of what would be published. */
export function doubtDenials(input: Doubted): readonly Reason[] {
  return doubtsOf(input).map(({ message }) => reason('doubtful', message));
}

/** Nothing where nothing is in doubt. */
export function doubtFacts(input: Doubted): Decision['facts'] {
  const doubts = doubtsOf(input);
  return doubts.length === 0 ? {} : { doubts: [...new Set(doubts.map(({ code }) => code))] };
}

function doubtsOf({ change, doubts }: Doubted): readonly RefDoubt[] {
  const ofRef = change.readBack?.doubts ?? [];
  return doubts === undefined ? ofRef : [...ofRef, ...doubts];
}
