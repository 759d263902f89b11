import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** Signs as ssh-keygen and security keys do, with every field open to be wrong. Shares no code with what verifies. */
export interface SshSigner {
  /** A line of an `.pub` file. */
  readonly line: string;
  sign(message: string, wrong?: Partial<SshParts>): string;
}

export interface SshParts {
  readonly magic: string;
  readonly version: number;
  readonly namespace: string;
  readonly reserved: string;
  readonly hash: string;
  /** Of the blob's name, where it differs from what signs. */
  readonly algorithm: string;
  readonly digest: string;
  readonly flags: number;
  readonly trailing: string;
  readonly innerTrailing: string;
}

function field(value: string | Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}

function mpint(number: Buffer): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  const short = number.subarray(start);
  return field((short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), short]) : short);
}

function coordinates(key: KeyObject): { readonly x: Buffer; readonly y: Buffer; readonly n: Buffer; readonly e: Buffer } {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' }) as Record<string, string>;
  const [bx, by, bn, be] = [x, y, n, e].map((text) => Buffer.from(text, 'base64url'));
  return { x: bx as Buffer, y: by as Buffer, n: bn as Buffer, e: be as Buffer };
}

function armourSsh(data: Buffer): string {
  const lines = data.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

/** @param make bytes of the signature field, from what is to be signed */
function signer(type: string, blob: Buffer, make: (data: Buffer, parts: SshParts) => Buffer): SshSigner {
  return {
    line: `${type} ${blob.toString('base64')} somebody@example.com`,
    sign(message, wrong = {}) {
      const right = {
        magic: 'SSHSIG',
        version: 1,
        namespace: 'git',
        reserved: '',
        hash: 'sha512',
        algorithm: type,
        digest: 'sha512',
        flags: 1,
        trailing: '',
        innerTrailing: '',
      };
      const parts: SshParts = { ...right, ...wrong };
      const digest = createHash(parts.hash === 'sha256' ? 'sha256' : parts.hash === 'sha1' ? 'sha1' : 'sha512')
        .update(message, 'latin1')
        .digest();
      const data = Buffer.concat([
        Buffer.from(parts.magic),
        field(parts.namespace),
        field(parts.reserved),
        field(parts.hash),
        field(digest),
      ]);
      const version = Buffer.alloc(4);
      version.writeUInt32BE(parts.version);
      const head = [Buffer.from(parts.magic), version, field(blob), field(parts.namespace), field(parts.reserved), field(parts.hash)];
      const signature = Buffer.concat([field(parts.algorithm), make(data, parts), Buffer.from(parts.innerTrailing)]);
      return armourSsh(Buffer.concat([...head, field(signature), Buffer.from(parts.trailing)]));
    },
  };
}

export function ed25519Signer(): SshSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const blob = Buffer.concat([field('ssh-ed25519'), field(coordinates(publicKey).x)]);
  return signer('ssh-ed25519', blob, (data) => field(sign(null, data, privateKey)));
}

export function rsaSigner(modulusLength: number): SshSigner {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  const { n, e } = coordinates(publicKey);
  const made = signer('ssh-rsa', Buffer.concat([field('ssh-rsa'), mpint(e), mpint(n)]), (data, { digest }) =>
    field(sign(digest, data, privateKey)),
  );
  return { line: made.line, sign: (message, wrong) => made.sign(message, { algorithm: 'rsa-sha2-512', ...wrong }) };
}

function ecdsaField(data: Buffer, privateKey: KeyObject): Buffer {
  const both = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return field(Buffer.concat([mpint(both.subarray(0, 32)), mpint(both.subarray(32))]));
}

export function ecdsaSigner(): SshSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = coordinates(publicKey);
  const type = 'ecdsa-sha2-nistp256';
  const blob = Buffer.concat([field(type), field('nistp256'), field(Buffer.concat([Buffer.from([4]), x, y]))]);
  return signer(type, blob, (data) => ecdsaField(data, privateKey));
}

/** What an authenticator signs in place of a message: PROTOCOL.u2f of OpenSSH. */
function touched(data: Buffer, flags: number): { readonly told: Buffer; readonly signed: Buffer } {
  const told = Buffer.from([flags, 0, 0, 0, 7]);
  const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();
  return { told, signed: Buffer.concat([sha256('ssh:'), told, sha256(data)]) };
}

export function securityKeySigner(kind: 'ed25519' | 'ecdsa'): SshSigner {
  if (kind === 'ed25519') {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const type = 'sk-ssh-ed25519@openssh.com';
    const blob = Buffer.concat([field(type), field(coordinates(publicKey).x), field('ssh:')]);
    return signer(type, blob, (data, { flags }) => {
      const { told, signed } = touched(data, flags);
      return Buffer.concat([field(sign(null, signed, privateKey)), told]);
    });
  }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = coordinates(publicKey);
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob = Buffer.concat([field(type), field('nistp256'), field(Buffer.concat([Buffer.from([4]), x, y])), field('ssh:')]);
  return signer(type, blob, (data, { flags }) => {
    const { told, signed } = touched(data, flags);
    return Buffer.concat([ecdsaField(signed, privateKey), told]);
  });
}
