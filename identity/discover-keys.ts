import type { LocalJWKSet } from 'jose';
import { z } from 'zod';
import { parseKeySet } from '#identity/parse-key-set.ts';
import type { GetJson } from '#identity/get-json.ts';

/** OpenID Connect Discovery 1.0 section 3, as much of it as is used. */
const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

/**
 * Fetches an issuer's keys by way of its discovery document, which is read once.
 * @param url the issuer, as configured
 * @returns what rejects with an Error in a few words
 */
export function discoverKeys(url: string, getJson: GetJson): () => Promise<LocalJWKSet> {
  let address: string | undefined;
  return async () => {
    address ??= await keysAddress(url, getJson);
    return parseKeySet(await getJson(address));
  };
}

/** OpenID Connect Discovery 1.0 section 4: the path is appended, and the document must be of this very issuer (section 4.3). */
async function keysAddress(url: string, getJson: GetJson): Promise<string> {
  const parsed = Discovery.safeParse(await getJson(`${url.replace(/\/$/, '')}/.well-known/openid-configuration`));
  if (!parsed.success) throw new Error(`${url}: the discovery document is none`);
  const { issuer, jwks_uri: address } = parsed.data;
  if (issuer !== url) throw new Error(`${url}: the discovery document is of another issuer`);
  return address;
}
