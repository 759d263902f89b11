import type { Reason } from '#core/decision.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';

/** A reason with one of the codes that are documented. */
export function reason(code: ReasonCode, message: string): Reason {
  return { code, message };
}
