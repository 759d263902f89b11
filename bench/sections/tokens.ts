import { createPublicKey, verify } from 'node:crypto';
import { compactVerify } from 'jose';
import type { Issuer } from '#identity/issuer.ts';
import { parseKeySet } from '#identity/parse-key-set.ts';
import { verifyToken } from '#identity/verify-token.ts';
import { AUDIENCE, createSigner, goodClaims, ISSUER, NOW, type Signer } from '../../test/identity/signer.ts';
import type { Section } from '../figures.ts';
import type { Pace } from '../pace.ts';

/** As many callers at once. */
const TOGETHER = 32;
/** Tokens of different subjects, so that nothing is verified twice in a row. */
const TOKENS = 64;

/**
 * What verifying a caller's token takes: shape, issuer, header, RS256 signature, claims. Signatures are verified on the thread pool, so
 * what counts is the processor time of all threads: that is what one core can do.
 */
export async function measureTokens({ matches }: Pace): Promise<Section> {
  const signer = await createSigner('RS256');
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, (_, index) => signer.sign(goodClaims({ sub: `job-${index}`, jti: `${index}` }))),
  );
  const issuers = [issuerOf(signer)];
  await perCore(TOKENS * 20, (index) => verifyToken(issuers, tokenAt(tokens, index), NOW));
  const verified = await perCore(matches, (index) => verifyToken(issuers, tokenAt(tokens, index), NOW));
  const find = parseKeySet({ keys: [signer.jwk] });
  const library = await perCore(matches, (index) => compactVerify(tokenAt(tokens, index), find, { algorithms: ['RS256'] }));
  const bare = await signaturesAlone(signer, tokens, matches);
  return {
    title: 'Verify RS256 tokens (2,048 bits)',
    method: [
      `one process, ${matches.toLocaleString('en')} tokens of ${TOKENS} subjects, ${TOGETHER} at once; per second of processor time`,
    ],
    figures: [
      { name: 'tokens verified', unit: '/s', samples: [verified], goal: { atLeast: 8_000 } },
      { name: "jose's compactVerify alone", unit: '/s', samples: [library], note: 'the signature and nothing else: the anchor' },
      { name: 'share of what jose alone does', unit: '×', samples: [verified / library] },
      { name: 'bare signatures', unit: '/s', samples: [bare], note: 'node:crypto on the main thread, for comparison' },
    ],
  };
}

function issuerOf({ jwk }: Signer): Issuer {
  const proof = { find: parseKeySet({ keys: [jwk] }) };
  const trusted = { name: 'ci', preset: null, url: ISSUER, algorithms: ['RS256'], audiences: [AUDIENCE] } as const;
  return { ...trusted, tokens: 'id', maxLifetime: 15 * 60_000, serviceAccounts: false, cluster: null, proof };
}

function tokenAt(tokens: readonly string[], index: number): string {
  return tokens[index % tokens.length] ?? '';
}

/** @returns how many in a second of this process's processor time, all threads together */
async function perCore(count: number, task: (index: number) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  const { user, system } = process.cpuUsage(before);
  return count / ((user + system) / 1_000_000);
}

async function signaturesAlone({ jwk }: Signer, tokens: readonly string[], count: number): Promise<number> {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const signed = tokens.map((token) => {
    const end = token.lastIndexOf('.');
    return { data: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') };
  });
  return perCore(count, async (index) => {
    const one = signed[index % signed.length];
    if (!one || !verify('sha256', one.data, key, one.signature)) throw new Error('a good signature is refused');
  });
}
