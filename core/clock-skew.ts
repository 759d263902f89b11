import { finding, type Finding, type FindingCode } from './finding.ts';
import { formatDuration } from './format-duration.ts';
import { limits } from './limits.ts';

/** When something was asked and answered, by our wall clock in milliseconds, and what the answer said about the time. */
export interface Answered {
  readonly askedAt: number;
  readonly answeredAt: number;
  /** The header `Date` (RFC 9110 §6.6.1), which counts whole seconds. */
  readonly date: string | undefined;
}

/** How far the other side's clock is ahead of ours, milliseconds; undefined when it did not tell. The way there and back counts as no difference. */
export function clockSkew({ askedAt, answeredAt, date }: Answered): number | undefined {
  const told = Date.parse(date ?? '');
  if (Number.isNaN(told)) return undefined;
  if (told + 1_000 < askedAt) return told + 1_000 - askedAt;
  return told > answeredAt ? told - answeredAt : 0;
}

/** What is to be said of the other side's clock. */
export function clockFinding(code: FindingCode, about: string, answered: Answered): Finding {
  const skew = clockSkew(answered);
  if (skew === undefined) return finding(code, about, 'unknown', 'clock: the answer names no time');
  if (Math.abs(skew) <= limits.check.skew) return finding(code, about, 'good', 'clock: agrees with ours');
  const message = `clock: ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ours`;
  return finding(code, about, 'warning', message);
}
