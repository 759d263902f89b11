import { createLocalJWKSet, type LocalJWKSet } from 'jose';
import { z } from 'zod';
import { limits } from '#core/limits.ts';

/** RFC 7517 section 5. What a key is made of is for jose to judge, when a token names it. */
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(limits.identity.keys) });

/** @throws Error in a few words */
export function parseKeySet(document: unknown): LocalJWKSet {
  const parsed = KeySet.safeParse(document);
  if (!parsed.success) throw new Error('is no JSON Web Key Set');
  return createLocalJWKSet(parsed.data);
}
