import type { NextFunction, Request, Response } from 'express';
import { HeadgateError } from '#core/errors.ts';
import { callerOf, type CallersDeps } from '#server/callers.ts';

/** Lets the operator's bearer token pass; reading needs none where it is open. Verified subjects have rights of their own, and this is none. */
export function requireOperator(deps: CallersDeps): (request: Request, response: Response, next: NextFunction) => Promise<void> {
  return async function requireOperatorToken(request, _response, next) {
    if ((await callerOf(deps, request)) === 'operator') return next();
    throw new HeadgateError('FORBIDDEN', 'this needs the operator token');
  };
}
