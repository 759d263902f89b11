import type { NextFunction, Request, Response } from 'express';
import { HeadgateError } from '#core/errors.ts';
import { callerOf, isSafe, type CallersDeps } from '#server/callers.ts';

/**
 * Lets the operator's bearer token pass; reading needs none where it is open. Whoever has logged in may read, too; subjects with
 * a token have rights of their own, and this is none.
 */
export function requireOperator(deps: CallersDeps): (request: Request, response: Response, next: NextFunction) => Promise<void> {
  return async function requireOperatorToken(request, _response, next) {
    const caller = await callerOf(deps, request);
    if (caller === 'operator' || (caller.isReader && isSafe(request))) return next();
    throw new HeadgateError('FORBIDDEN', 'this needs the operator token');
  };
}
