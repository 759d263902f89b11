import { findingCodes } from './finding-codes.ts';

export type FindingCode = keyof typeof findingCodes;

/** `unknown`: it could not be looked at, which is said rather than guessed. */
export type Severity = 'good' | 'warning' | 'bad' | 'unknown';

/** One thing that `headgate check` has looked at. */
export interface Finding {
  readonly code: FindingCode;
  /** What it was found at, for example `cluster prod`; findings are grouped by it. */
  readonly about: string;
  readonly severity: Severity;
  readonly message: string;
  /** What works all the same and what does not; null when it is good. */
  readonly without: string | null;
  /** The command or line that mends it; null when it is good. */
  readonly mend: string | null;
}

/** One part of the check. */
export interface Check {
  readonly about: string;
  /** May reject: then nothing is known of this part. */
  readonly run: () => Promise<readonly Finding[]>;
}

/** What a finding may say better than its code does. */
export interface OwnWords {
  readonly without?: string;
  readonly mend?: string;
}

export function finding(code: FindingCode, about: string, severity: Severity, message: string, own: OwnWords = {}): Finding {
  if (severity === 'good') return { code, about, severity, message, without: null, mend: null };
  const { without, mend } = { ...findingCodes[code], ...own };
  return { code, about, severity, message, without, mend };
}
