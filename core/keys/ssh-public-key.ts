import { createHash } from 'node:crypto';
import { ByteReader } from '#core/keys/byte-reader.ts';
import { limits } from '#core/limits.ts';

/** A public key of SSH, opened. Numbers are big-endian without sign byte. */
export type SshPublicKey =
  | { readonly type: 'ssh-ed25519'; readonly point: Buffer; readonly application: null }
  | { readonly type: 'sk-ssh-ed25519@openssh.com'; readonly point: Buffer; readonly application: Buffer }
  | { readonly type: EcdsaType; readonly curve: EcdsaCurve; readonly point: Buffer; readonly application: null }
  | {
      readonly type: 'sk-ecdsa-sha2-nistp256@openssh.com';
      readonly curve: EcdsaCurve;
      readonly point: Buffer;
      readonly application: Buffer;
    }
  | { readonly type: 'ssh-rsa'; readonly exponent: Buffer; readonly modulus: Buffer };

type EcdsaType = `ecdsa-sha2-${EcdsaCurve}`;
export type EcdsaCurve = 'nistp256' | 'nistp384' | 'nistp521';

/** Bytes of one coordinate: RFC 5656 section 3.1 and SEC 1 section 2.3.3. */
export const coordinateBytes: Readonly<Record<EcdsaCurve, number>> = { nistp256: 32, nistp384: 48, nistp521: 66 };

/**
 * Opens the blob of a public key: RFC 4253 section 6.6 (rsa), RFC 5656 section 3.1 (ecdsa), RFC 8709 section 4 (ed25519) and
 * PROTOCOL.u2f of OpenSSH (security keys).
 * @throws RangeError saying what is wrong
 */
export function readSshPublicKey(blob: Buffer): SshPublicKey {
  const reader = new ByteReader(blob);
  const key = readKey(reader.string().toString('latin1'), reader);
  reader.end();
  return key;
}

/** As `ssh-keygen -l` writes it: `SHA256:` and base64 without padding. */
export function sshFingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function readKey(type: string, reader: ByteReader): SshPublicKey {
  switch (type) {
    case 'ssh-ed25519':
      return { type, point: ed25519Point(reader), application: null };
    case 'sk-ssh-ed25519@openssh.com':
      return { type, point: ed25519Point(reader), application: reader.string() };
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return { type, ...ecdsaPoint(type.slice('ecdsa-sha2-'.length) as EcdsaCurve, reader), application: null };
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return { type, ...ecdsaPoint('nistp256', reader), application: reader.string() };
    case 'ssh-rsa':
      return { type, ...rsaNumbers(reader) };
    default:
      throw new RangeError(`keys of the type ${JSON.stringify(type.slice(0, 64))} are not taken`);
  }
}

function ed25519Point(reader: ByteReader): Buffer {
  const point = reader.string();
  if (point.length !== 32) throw new RangeError('its point has not 32 bytes');
  return point;
}

function ecdsaPoint(curve: EcdsaCurve, reader: ByteReader): { readonly curve: EcdsaCurve; readonly point: Buffer } {
  if (reader.string().toString('latin1') !== curve) throw new RangeError('its curve is not the one of its type');
  const point = reader.string();
  if (point[0] !== 4 || point.length !== 1 + 2 * coordinateBytes[curve]) throw new RangeError('its point is not an uncompressed one');
  return { curve, point };
}

function rsaNumbers(reader: ByteReader): { readonly exponent: Buffer; readonly modulus: Buffer } {
  const exponent = positive(reader.string());
  const modulus = positive(reader.string());
  const bits = bitsOf(modulus);
  if (bits < limits.signatures.rsaBitsMin)
    throw new RangeError(`an RSA key of ${bits} bits is too short: ${limits.signatures.rsaBitsMin} at least`);
  if (bits > limits.signatures.rsaBitsMax)
    throw new RangeError(`an RSA key of ${bits} bits is too long: ${limits.signatures.rsaBitsMax} at most`);
  return { exponent, modulus };
}

/** The bytes of an `mpint` (RFC 4251 section 5) that is greater than zero. @throws RangeError */
export function positive(mpint: Buffer): Buffer {
  const [first = 0x80, second = 0] = mpint;
  if (first >= 0x80 || (first === 0 && second < 0x80)) throw new RangeError('a number of it is not positive, or not in its shortest form');
  return first === 0 ? mpint.subarray(1) : mpint;
}

function bitsOf(number: Buffer): number {
  return 8 * number.length - Math.clz32(number[0] ?? 0) + 24;
}
