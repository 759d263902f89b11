import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import type { Logins } from '#server/logins/logins.ts';
import { openLogins } from '#server/logins/open-logins.ts';

/** Somebody who has logged in at an issuer that believes everybody. */
export interface LoggedIn {
  readonly logins: Logins;
  /** The Cookie header of their browser. */
  readonly cookie: string;
  /** Ends their session, as logging out does. */
  logOut(): void;
  /** Removes what was kept on disk. */
  remove(): void;
}

export async function loggedIn(clock: Pick<Clock, 'now'>): Promise<LoggedIn> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-logged-in-'));
  const subject = { issuer: 'corp', iss: 'https://login.example.com', sub: 'ada', claims: {} };
  const issuer = {
    issuer: 'corp',
    begin: () => Promise.resolve({ url: 'https://login.example.com/auth', attempt: { state: 's', nonce: 'n', verifier: 'v' } }),
    finish: () => Promise.resolve(subject),
    admits: () => true,
    endUrl: () => Promise.resolve(null),
  };
  const logins = openLogins({ issuer, dataDirectory: directory, clock, url: 'https://headgate.example.com' });
  assert.ok(logins);
  const sent = (lines: readonly string[]): string => lines.map((line) => line.split(';')[0]).join('; ');
  const { cookie } = await logins.begin('/');
  const { cookies, session } = await logins.finish('?code=1', sent([cookie]));
  return {
    logins,
    cookie: sent(cookies),
    logOut: () => void logins.end(session),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
