import { createHash } from 'node:crypto';
import { ByteReader } from '#core/keys/byte-reader.ts';
import { readSshPublicKey, sshFingerprint, type SshPublicKey } from '#core/keys/ssh-public-key.ts';
import type { Signing } from '#core/signature.ts';
import type { ListedKeys } from '#identity/signatures/listed-keys.ts';
import { verifySsh } from '#identity/signatures/verify-ssh.ts';

/** An SSH signature over a message: PROTOCOL.sshsig of OpenSSH. */
interface SshSignature {
  /** As core/signature.ts writes it. */
  readonly fingerprint: string;
  readonly key: SshPublicKey;
  readonly hash: 'sha256' | 'sha512';
  /** The signature itself, with the name of its algorithm. */
  readonly signature: Buffer;
}

const magic = 'SSHSIG';
/** gitformat-signature(5): a signature for something else is none for a commit. */
const namespace = 'git';

/** @throws RangeError when the signature cannot be read */
export function sshSigning(keys: ListedKeys, payload: Buffer, data: Buffer): Signing {
  const { fingerprint, key, hash, signature } = readSshSignature(data);
  if (!keys.hasSsh(fingerprint)) return { unsigned: `signed by a key that nobody lists: ${fingerprint}` };
  const genuine = verifySsh(key, signedBytes(payload, hash), signature);
  return genuine ? { signedBy: fingerprint } : { unsigned: `the signature by ${fingerprint} is not one of this object` };
}

/** PROTOCOL.sshsig section 3, "Blob format". */
function readSshSignature(data: Buffer): SshSignature {
  const reader = new ByteReader(data);
  if (reader.take(magic.length).toString('latin1') !== magic) throw new RangeError('it is no SSH signature');
  const version = reader.number(4);
  if (version !== 1) throw new RangeError(`SSH signatures of version ${version} are not known`);
  const blob = reader.string();
  const made = reader.string().toString('latin1');
  if (made !== namespace) throw new RangeError(`it was made for ${JSON.stringify(made.slice(0, 40))}, not for git`);
  reader.string(); // reserved: to be ignored, but see signedBytes
  const hash = reader.string().toString('latin1');
  if (hash !== 'sha256' && hash !== 'sha512') throw new RangeError(`the digest ${JSON.stringify(hash.slice(0, 40))} is not taken`);
  const signature = reader.string();
  reader.end();
  return { fingerprint: `ssh:${sshFingerprint(blob)}`, key: readSshPublicKey(blob), hash, signature };
}

/** PROTOCOL.sshsig section 4, "Signed Data", with an empty `reserved`: a signature with anything there does not hold. */
function signedBytes(payload: Buffer, hash: 'sha256' | 'sha512'): Buffer {
  const digest = createHash(hash).update(payload).digest();
  return Buffer.concat([Buffer.from(magic), ...[namespace, '', hash, digest].map(sshString)]);
}

function sshString(value: string | Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}
