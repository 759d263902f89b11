import type { NextFunction, Request, Response } from 'express';
import { HeadgateError } from '#core/errors.ts';
import type { OperatorToken } from '#server/operator-token.ts';
import type { Sessions } from '#server/sessions.ts';

export interface ReaderDeps {
  readonly operatorToken: Pick<OperatorToken, 'accepts'>;
  readonly sessions: Pick<Sessions, 'accepts'>;
  /** Reading needs neither token nor session: the sandbox. */
  readonly openReading: boolean;
}

/** Whether a request may read the pages: by a browser's session, or like one of the API. */
export function isReader({ operatorToken, sessions, openReading }: ReaderDeps, request: Request): boolean {
  const [authorization, ...more] = request.headersDistinct['authorization'] ?? [];
  if (authorization !== undefined) return more.length === 0 && operatorToken.accepts(authorization);
  return openReading || sessions.accepts(request.headers.cookie);
}

/** Lets nobody else pass. */
export function requireReader(deps: ReaderDeps): (request: Request, response: Response, next: NextFunction) => void {
  return function requireSession(request, _response, next) {
    if (isReader(deps, request)) return next();
    throw new HeadgateError('UNAUTHENTICATED', 'no session');
  };
}
