import type { Reason } from '#core/decision.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';
import { sayFew } from '#policy/say.ts';

/** What one rule about a range comes to. */
export interface Judged {
  /** `payments reviews[0]` */
  readonly rule: string;
  /** Why it does not hold; empty when it does. */
  readonly denials: readonly Reason[];
  /** In words, why it holds. */
  readonly holds: string;
  /** The reviews or signatures that it rests on, for the record. */
  readonly saw: readonly string[];
}

export function denied(rule: string, ...reasons: readonly Reason[]): Judged {
  return {
    rule,
    denials: reasons.map(({ code, message }) => ({ code, message: `${rule} does not hold: ${message}` })),
    holds: '',
    saw: [],
  };
}

/** What does not fit a rule, and why. */
export interface Failure {
  /** A commit or a tag, in words. */
  readonly of: string;
  readonly code: ReasonCode;
  readonly why: string;
}

/** One reason for all that fail for the same why: the first few are named. */
export function groupByWhy(failures: readonly Failure[]): readonly Reason[] {
  const groups = Map.groupBy(failures, ({ code, why }) => JSON.stringify([code, why]));
  return [...groups.values()].flatMap((those) => {
    const [first] = those;
    return first
      ? [
          {
            code: first.code,
            message: `${sayFew(
              those.map(({ of }) => of),
              ', ',
            )}: ${first.why}`,
          },
        ]
      : [];
  });
}
