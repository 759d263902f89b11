import type { NextFunction, Request, Response } from 'express';
import { HeadgateError } from '#core/errors.ts';
import type { OperatorToken } from '#server/operator-token.ts';

/** Lets the operator's bearer token pass; reading needs none where it is open. */
export function requireOperator(
  token: Pick<OperatorToken, 'accepts'>,
  openReading: boolean,
): (request: Request, response: Response, next: NextFunction) => void {
  return function requireOperatorToken(request, _response, next) {
    const [authorization, ...more] = request.headersDistinct['authorization'] ?? [];
    if (more.length === 0 && token.accepts(authorization)) return next();
    if (openReading && authorization === undefined && (request.method === 'GET' || request.method === 'HEAD')) return next();
    throw new HeadgateError(
      'UNAUTHENTICATED',
      authorization === undefined ? 'no Authorization header' : 'the token is not the operator token',
    );
  };
}
