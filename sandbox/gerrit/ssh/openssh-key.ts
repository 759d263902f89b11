import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** A key pair in the formats of OpenSSH. */
export interface SshKey {
  /** `-----BEGIN OPENSSH PRIVATE KEY-----` for ed25519, PEM (PKCS#1, SEC1) for the others. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, as in authorized_keys and known_hosts. */
  readonly publicKey: string;
}

export type SshKeyType = 'ed25519' | 'rsa' | 'ecdsa';

/** A new key. ssh2's own generator now and then makes ed25519 keys that cannot be parsed. */
export function newSshKey(type: SshKeyType = 'ed25519'): SshKey {
  switch (type) {
    case 'ed25519':
      return ed25519();
    case 'rsa': {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
      return pem(privateKey, 'pkcs1', 'ssh-rsa', [positive(e), positive(n)]);
    }
    case 'ecdsa': {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
      const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
      return pem(privateKey, 'sec1', 'ecdsa-sha2-nistp256', [Buffer.from('nistp256'), point]);
    }
  }
}

/** PROTOCOL.key of OpenSSH: an unencrypted container of one key. */
function ed25519(): SshKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x = '', d = '' } = privateKey.export({ format: 'jwk' });
  const [open, seed] = [Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url')];
  const blob = Buffer.concat([field('ssh-ed25519'), field(open)]);
  const check = randomBytes(4);
  const inner = Buffer.concat([check, check, field('ssh-ed25519'), field(open), field(Buffer.concat([seed, open])), field('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.byteLength % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.of(0, 0, 0, 1);
  const head = [Buffer.from('openssh-key-v1\0'), field('none'), field('none'), field(''), one, field(blob)];
  const text = Buffer.concat([...head, field(Buffer.concat([inner, padding]))]).toString('base64');
  const lines = text.match(/.{1,70}/g) ?? [];
  const label = 'OPENSSH PRIVATE KEY';
  return {
    privateKey: `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`,
    publicKey: `ssh-ed25519 ${blob.toString('base64')}`,
  };
}

function pem(key: KeyObject, type: 'pkcs1' | 'sec1', name: string, fields: readonly Buffer[]): SshKey {
  const blob = Buffer.concat([field(name), ...fields.map(field)]);
  return { privateKey: key.export({ type, format: 'pem' }).toString(), publicKey: `${name} ${blob.toString('base64')}` };
}

/** RFC 4251 §5: a string with its length before it. */
function field(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.byteLength);
  return Buffer.concat([length, bytes]);
}

/** RFC 4251 §5 mpint: a leading zero keeps it positive. */
function positive(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}
