import { constants, KeyObject, verify } from 'node:crypto';
import { compactVerify, errors, type CryptoKey } from 'jose';
import { messageOf } from '#core/errors.ts';
import type { Issuer, KeySource } from '#identity/issuer.ts';
import type { ReadToken } from '#identity/read-token.ts';
import { TokenRefused, type RefusalReason } from '#identity/refusal.ts';

/** How node:crypto verifies with an RSA key. */
interface RsaScheme {
  /** Name of the algorithm that the key must have been imported for (Web Cryptography API). */
  readonly name: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS';
  readonly hash: `SHA-${number}`;
  readonly digest: string;
  readonly padding: number;
  /** Exactly so many bytes with RSA-PSS (RFC 7518 section 3.5); without meaning otherwise. */
  readonly saltLength?: number;
}

/** The RSA algorithms of RFC 7518, sections 3.3 and 3.5. */
const rsaSchemes: ReadonlyMap<string, RsaScheme> = new Map(
  [256, 384, 512].flatMap((bits): readonly (readonly [string, RsaScheme])[] => {
    const hashed = { hash: `SHA-${bits}`, digest: `sha${bits}` } as const;
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 };
    return [
      [`RS${bits}`, { name: 'RSASSA-PKCS1-v1_5', ...hashed, padding: constants.RSA_PKCS1_PADDING }],
      [`PS${bits}`, { name: 'RSA-PSS', ...hashed, ...pss }],
    ];
  }),
);

/** RFC 7518 sections 3.3 and 3.5: "A key of size 2048 bits or larger MUST be used". */
const RSA_BITS = 2_048;

/**
 * Whether one of the issuer's keys has signed the token. jose finds and imports the key in any case, and verifies. But for RSA, which most
 * tokens are signed with: handing such a signature to another thread takes more than twice the time of verifying it, so that is done here.
 * Elliptic curves take a millisecond and more, which belongs on another thread.
 * @param token whose `alg` is one of the issuer's (checkHeader) and whose parts are canonical base64url (readToken)
 * @throws TokenRefused
 */
export async function checkSignature({ algorithms }: Issuer, { find }: KeySource, token: ReadToken): Promise<void> {
  const scheme = rsaSchemes.get(token.header.alg);
  try {
    if (!scheme) await compactVerify(token.compact, find, { algorithms: [...algorithms] });
    else if (!isSignedBy(await find(...named(token)), scheme, token)) throw new errors.JWSSignatureVerificationFailed();
  } catch (error) {
    if (error instanceof TokenRefused) throw error;
    throw new TokenRefused(reasonOf(error), messageOf(error), { cause: error });
  }
}

/** What finds a key is given the header and the parts, as jose gives them (RFC 7515 section 7.2.2). */
function named({ compact, header: { alg, kid } }: ReadToken): Parameters<KeySource['find']> {
  const [header = '', payload = '', signature = ''] = compact.split('.');
  return [
    { alg, ...(kid === undefined ? {} : { kid }) },
    { protected: header, payload, signature },
  ];
}

function isSignedBy(key: CryptoKey, { name, hash, digest, padding, saltLength }: RsaScheme, { compact }: ReadToken): boolean {
  const { algorithm } = key;
  const of = algorithm as typeof algorithm & { readonly hash?: { readonly name?: unknown }; readonly modulusLength?: unknown };
  if (key.type !== 'public' || of.name !== name || of.hash?.name !== hash || !key.usages.includes('verify'))
    throw new TokenRefused('signature', 'the key is for another use');
  if (typeof of.modulusLength !== 'number' || of.modulusLength < RSA_BITS)
    throw new TokenRefused('signature', `the key has fewer than ${RSA_BITS} bits`);
  const end = compact.lastIndexOf('.');
  const signature = Buffer.from(compact.slice(end + 1), 'base64url');
  const options = { key: KeyObject.from(key), padding, ...(saltLength === undefined ? {} : { saltLength }) };
  return verify(digest, Buffer.from(compact.slice(0, end), 'latin1'), options, signature);
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'unknown-key';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'algorithm';
  return error instanceof errors.JWSInvalid ? 'malformed' : 'signature';
}
