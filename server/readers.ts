import type { Request } from 'express';
import type { Viewer } from '#web/viewer.ts';
import { csrfOf } from '#server/logins/own-site.ts';
import type { LoginSession, Logins } from '#server/logins/logins.ts';
import type { OperatorToken } from '#server/operator-token.ts';
import type { Sessions } from '#server/sessions.ts';

/** Who reads pages: by the operator's token, by a one-time address, by having logged in, or because reading is open. */
export type Reader =
  | { readonly by: 'token' | 'open' }
  | { readonly by: 'address'; readonly id: string }
  | { readonly by: 'login'; readonly session: LoginSession };

export interface ReaderDeps {
  readonly operatorToken: Pick<OperatorToken, 'accepts'>;
  readonly sessions: Pick<Sessions, 'find'>;
  /** Null: nobody logs in by an issuer. */
  readonly logins: Logins | null;
  /** Reading needs neither token nor session: the sandbox. */
  readonly openReading: boolean;
}

/** Who reads; undefined for whoever may not. */
export function readerOf({ operatorToken, sessions, logins, openReading }: ReaderDeps, request: Request): Reader | undefined {
  const [authorization, ...more] = request.headersDistinct['authorization'] ?? [];
  if (authorization !== undefined) return more.length === 0 && operatorToken.accepts(authorization) ? { by: 'token' } : undefined;
  const { cookie } = request.headers;
  const session = logins?.read(cookie);
  if (session) return { by: 'login', session };
  const id = sessions.find(cookie);
  if (id !== undefined) return { by: 'address', id };
  return openReading ? { by: 'open' } : undefined;
}

/** What the head of a page says about whoever reads it. */
function viewerOf({ logins }: Pick<ReaderDeps, 'logins'>, reader: Reader): Viewer {
  const issuer = logins?.issuer.issuer ?? null;
  if (reader.by === 'login') return { name: nameOf(reader.session), issuer, csrf: csrfOf(reader.session.id) };
  return { name: reader.by === 'open' ? null : 'operator', issuer, csrf: reader.by === 'address' ? csrfOf(reader.id) : null };
}

/** The same for whoever sends a request; null for whoever is not let in. */
export function viewerAt(deps: ReaderDeps, request: Request): Viewer | null {
  const reader = readerOf(deps, request);
  return reader ? viewerOf(deps, reader) : null;
}

/** As the issuer calls them: for their own eyes, nothing is decided by it. */
function nameOf({ subject: { sub, claims } }: LoginSession): string {
  const given = [claims['name'], claims['preferred_username'], claims['email']].find((one) => typeof one === 'string' && one !== '');
  return typeof given === 'string' ? given : sub;
}
