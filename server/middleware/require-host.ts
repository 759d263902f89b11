import type { NextFunction, Request, Response } from 'express';
import { isIP } from 'node:net';
import { HeadgateError } from '#core/errors.ts';

/**
 * Refuses Host headers that name somebody else's site: a page there could have its name resolve to this machine and read
 * the answers (DNS rebinding). Addresses and `localhost` cannot be taken over like that; other names must be listed.
 */
export function requireHost(names: readonly string[]): (request: Request, response: Response, next: NextFunction) => void {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return function requireKnownHost(request, _response, next) {
    const host = hostOf(request.headers.host ?? '');
    if (host !== undefined && (isIP(host) !== 0 || known.has(host))) return next();
    throw new HeadgateError('HOST_REFUSED', 'the Host header is not a name of this listener');
  };
}

function hostOf(header: string): string | undefined {
  const [, six, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header) ?? [];
  return (six ?? name)?.toLowerCase().replace(/\.$/, '');
}
