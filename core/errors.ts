import { errorCodes, type ErrorCode } from '#core/error-codes.ts';

/**
 * An error that a user may see: a stable code, what happened, and what to do next.
 * The codes are listed in error-codes.ts, from which docs/reference/errors.md is generated.
 */
export class HeadgateError extends Error {
  override readonly name = 'HeadgateError';
  readonly code: ErrorCode;
  /** What to do next; defaults to the code's own advice. */
  readonly hint: string;
  /** How long to wait before trying again, milliseconds, where the other side said so. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown; retryAfter?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? errorCodes[code].hint;
    this.retryAfter = options.retryAfter;
  }

  /** HTTP status that this error is answered with. */
  get status(): number {
    return errorCodes[this.code].status;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
