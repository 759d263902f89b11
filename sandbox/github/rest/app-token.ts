import { createPublicKey, verify } from 'node:crypto';
import { RestError } from '#sandbox/github/rest/answer.ts';

/** A GitHub App as tests register it. */
export interface NewApp {
  readonly id: number;
  readonly slug: string;
  /** PEM, of the RSA key that its JSON web tokens are signed with. */
  readonly publicKey: string;
  /** Ids of its installations. */
  readonly installations: readonly number[];
  /** What its installations may do, beside reading; default all that is asked for here. */
  readonly permissions?: Readonly<Record<string, 'read' | 'write'>>;
}

const ALL = { contents: 'read', checks: 'read', pull_requests: 'read', statuses: 'write' } as const;

/** What an app may do, beside reading metadata. */
export function permissionsOf({ permissions = ALL }: NewApp): Readonly<Record<string, 'read' | 'write'>> {
  return permissions;
}

/** Longest life of an app's token, and how far clocks may differ, in seconds. */
const LONGEST = 600;
const SKEW = 60;

/**
 * The app that signed a JSON web token with RS256 (docs.github.com "Generating a JSON Web Token (JWT) for a GitHub App").
 * @param now milliseconds since the epoch
 * @throws RestError 401 in the words of GitHub; 404 when no app has the id in `iss`
 */
export function readAppToken(token: string | undefined, apps: ReadonlyMap<number, NewApp>, now: number): NewApp {
  const [header = '', claims = '', signature = '', ...more] = (token ?? '').split('.');
  const head = decoded(header);
  const said = decoded(claims);
  if (head === undefined || said === undefined || more.length > 0 || head['alg'] !== 'RS256') throw undecodable();
  const app = apps.get(Number(said['iss']));
  if (app === undefined) throw new RestError(404, 'Integration not found');
  const key = createPublicKey(app.publicKey);
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))) throw undecodable();
  checkTimes(said, Math.floor(now / 1_000));
  return app;
}

function checkTimes({ iat, exp }: Readonly<Record<string, unknown>>, now: number): void {
  if (typeof exp !== 'number' || exp <= now) {
    throw unauthorized(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > now + LONGEST + SKEW) throw unauthorized("'Expiration time' claim ('exp') is too far in the future");
  if (typeof iat !== 'number' || iat > now + SKEW) {
    throw unauthorized("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  }
}

function decoded(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function undecodable(): RestError {
  return unauthorized('A JSON web token could not be decoded');
}

function unauthorized(message: string): RestError {
  return new RestError(401, message);
}
