import type { NextFunction, Request, Response } from 'express';
import { HeadgateError } from '#core/errors.ts';
import { readerOf, type ReaderDeps } from '#server/readers.ts';

/** Lets nobody pass who may not read; notes in a cookie that a session is used. */
export function requireReader(deps: ReaderDeps): (request: Request, response: Response, next: NextFunction) => void {
  return function requireSession(request, response, next) {
    const reader = readerOf(deps, request);
    if (!reader) throw new HeadgateError('UNAUTHENTICATED', 'no session');
    const noted = reader.by === 'login' ? (deps.logins?.noted(reader.session) ?? []) : [];
    if (noted.length > 0) response.setHeader('set-cookie', noted);
    next();
  };
}
