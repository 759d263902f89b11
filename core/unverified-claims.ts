import { isObject } from './json.ts';

/** What a JWT says of itself (RFC 7519 section 3); undefined when it is none. Nothing is believed of it: it is for people who look for what is wrong. */
export function unverifiedClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined; // no JSON
  }
}
