import { join } from 'node:path';
import { CookieKeys } from './cookie-keys.ts';
import { EndedSessions } from './ended-sessions.ts';
import { Logins, type LoginsDeps } from './logins.ts';

export interface OpenLoginsDeps extends Pick<LoginsDeps, 'clock' | 'url'> {
  /** Null: nobody logs in by an issuer. */
  readonly issuer: LoginsDeps['issuer'] | null;
  readonly dataDirectory: string;
}

/** What the web listener needs to let people in by an issuer; null where none does. @throws HeadgateError SECRET_UNAVAILABLE */
export function openLogins({ issuer, dataDirectory, clock, url }: OpenLoginsDeps): Logins | null {
  if (issuer === null) return null;
  const keys = new CookieKeys(join(dataDirectory, 'login.keys'), clock);
  return new Logins({ issuer, keys, ended: new EndedSessions(join(dataDirectory, 'login.ended'), clock), clock, url });
}
