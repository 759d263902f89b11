import { createHash } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '#core/errors.ts';
import { isObject, parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { TokenRefused } from '#identity/refusal.ts';

/** What a token says of itself. Nothing of it is verified. */
export interface ReadToken {
  readonly compact: string;
  readonly header: z.output<typeof Header>;
  readonly claims: Readonly<Record<string, unknown>>;
}

const { tokenChars, claimsBytes, claimsDepth, kidChars } = limits.identity;

/** Of all parameters the ones that are used. `jku`, `x5u`, `jwk` and `x5c` are never looked at: they would have the token say whose it is. */
const Header = z.object({
  alg: z.string(),
  kid: z.string().min(1).max(kidChars).optional(),
  typ: z.string().optional(),
  crit: z.unknown().optional(),
});

/**
 * Reads a JWT in compact form (RFC 7519 section 3, RFC 7515 section 7.1), size and shape first.
 * @throws TokenRefused too-large, malformed, critical-header
 */
export function readToken(compact: string): ReadToken {
  if (compact.length > tokenChars) throw new TokenRefused('too-large', `longer than ${tokenChars} characters`);
  const [header = '', claims = '', signature = '', ...more] = compact.split('.');
  if (more.length > 0) throw new TokenRefused('malformed', 'not three parts');
  bytesOf(signature);
  const read = { compact, header: headerOf(bytesOf(header)), claims: claimsOf(bytesOf(claims)) };
  if (read.header.crit !== undefined) throw new TokenRefused('critical-header', 'the header has `crit`');
  return read;
}

/** Bits that base64url leaves over would let one token be written in sixteen ways. */
function bytesOf(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (part === '' || bytes.toString('base64url') !== part) throw new TokenRefused('malformed', 'not canonical base64url');
  return bytes;
}

function headerOf(bytes: Buffer): ReadToken['header'] {
  const parsed = Header.safeParse(json(bytes));
  if (parsed.success) return parsed.data;
  throw new TokenRefused('malformed', `header: ${parsed.error.issues.map(({ path }) => path.join('.') || 'no object').join(', ')}`);
}

function claimsOf(bytes: Buffer): ReadToken['claims'] {
  if (bytes.length > claimsBytes) throw new TokenRefused('too-large', `claims of more than ${claimsBytes} bytes`);
  const claims = json(bytes);
  if (isObject(claims)) return claims;
  throw new TokenRefused('malformed', 'the claims are no object');
}

function json(bytes: Buffer): unknown {
  try {
    return parseJson(bytes, claimsDepth);
  } catch (cause) {
    throw new TokenRefused('malformed', messageOf(cause), { cause });
  }
}

/**
 * By what a token is told from others: its issuer and `jti`, else what was signed. The spelling of the signature does not count.
 * @returns SHA-256 in hex
 */
export function tokenId({ compact, claims }: ReadToken): string {
  const { iss, jti } = claims;
  const named = typeof jti === 'string' && jti !== '' && jti.length <= limits.identity.jtiChars;
  const key = named ? JSON.stringify([iss, jti]) : compact.slice(0, compact.lastIndexOf('.'));
  return createHash('sha256').update(key).digest('hex');
}
