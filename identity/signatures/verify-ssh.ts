import { createHash, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { ByteReader } from '#core/keys/byte-reader.ts';
import { coordinateBytes, positive, type EcdsaCurve, type SshPublicKey } from '#core/keys/ssh-public-key.ts';

/** RFC 8332 section 3: `ssh-rsa` would be a signature over SHA-1. */
const rsaDigests: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };
/** RFC 5656 section 6.2.1. */
const ecdsaDigests: Readonly<Record<EcdsaCurve, string>> = { nistp256: 'sha256', nistp384: 'sha384', nistp521: 'sha512' };
/** SEC 2 as JSON Web Keys name it: RFC 7518 section 6.2.1.1. */
const jwkCurves: Readonly<Record<EcdsaCurve, string>> = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' };
/** PROTOCOL.u2f, "SSH U2F Signatures": somebody touched the key. */
const userPresent = 0x01;

/**
 * Whether a signature (its algorithm's name and its bytes, RFC 4253 section 6.6) is one of a message by a key.
 * @throws RangeError when it cannot be read or is of an algorithm that is not taken
 */
export function verifySsh(key: SshPublicKey, message: Buffer, signature: Buffer): boolean {
  const reader = new ByteReader(signature);
  const algorithm = reader.string().toString('latin1');
  if (key.type === 'ssh-rsa') return verifyRsa(key, message, algorithm, reader);
  if (algorithm !== key.type) throw new RangeError(`its algorithm ${JSON.stringify(algorithm.slice(0, 64))} is not the one of its key`);
  const bytes = reader.string();
  const signed = key.application === null ? message : touched(key.application, message, reader);
  reader.end();
  return 'curve' in key ? verifyEcdsa(key.curve, key.point, signed, bytes) : verifyEd25519(key.point, signed, bytes);
}

type RsaKey = Extract<SshPublicKey, { readonly type: 'ssh-rsa' }>;

function verifyRsa({ exponent, modulus }: RsaKey, message: Buffer, algorithm: string, reader: ByteReader): boolean {
  const digest = Object.hasOwn(rsaDigests, algorithm) ? rsaDigests[algorithm] : undefined;
  if (digest === undefined) throw new RangeError(`its algorithm ${JSON.stringify(algorithm.slice(0, 64))} is not taken: rsa-sha2-512 is`);
  const bytes = reader.string();
  reader.end();
  return verify(digest, message, keyOf({ kty: 'RSA', n: base64url(modulus), e: base64url(exponent) }), bytes);
}

/** RFC 8709 section 6. */
function verifyEd25519(point: Buffer, message: Buffer, bytes: Buffer): boolean {
  return verify(null, message, keyOf({ kty: 'OKP', crv: 'Ed25519', x: base64url(point) }), bytes);
}

/** RFC 5656 section 3.1.2: two numbers, where node:crypto takes them side by side. */
function verifyEcdsa(curve: EcdsaCurve, point: Buffer, message: Buffer, bytes: Buffer): boolean {
  const size = coordinateBytes[curve];
  const numbers = new ByteReader(bytes);
  const sides = [positive(numbers.string()), positive(numbers.string())];
  numbers.end();
  if (sides.some((side) => side.length > size)) return false;
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  const key = keyOf({ kty: 'EC', crv: jwkCurves[curve], x: base64url(x), y: base64url(y) });
  const joined = Buffer.concat(sides.map((side) => Buffer.concat([Buffer.alloc(size - side.length), side])));
  return verify(ecdsaDigests[curve], message, { key, dsaEncoding: 'ieee-p1363' }, joined);
}

/** What a security key signs in place of a message: PROTOCOL.u2f, "SSH U2F Signatures". @throws RangeError when nobody touched it */
function touched(application: Buffer, message: Buffer, reader: ByteReader): Buffer {
  const told = reader.take(5); // flags, and a counter of four bytes
  if (((told[0] ?? 0) & userPresent) === 0) throw new RangeError('nobody touched the security key');
  return Buffer.concat([sha256(application), told, sha256(message)]);
}

/** @throws RangeError for numbers that are no key */
function keyOf(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    throw new RangeError('its key is none', { cause: error });
  }
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
