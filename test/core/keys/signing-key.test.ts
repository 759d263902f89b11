import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { HeadgateError } from '#core/errors.ts';
import { openArmour } from '#core/keys/armour.ts';
import { readSigningKey } from '#core/keys/signing-key.ts';
import { limits } from '#core/limits.ts';
import { keyText, samples } from '../../identity/signatures/samples.ts';

function refusal(text: string): string {
  try {
    readSigningKey(text);
  } catch (error) {
    assert.ok(error instanceof HeadgateError, String(error));
    assert.equal(error.code, 'CONFIG_INVALID');
    return error.message;
  }
  return assert.fail('it was taken');
}

function sshString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function sshLine(type: string, ...fields: readonly (Buffer | string)[]): string {
  return `${type} ${Buffer.concat([type, ...fields].map(sshString)).toString('base64')} somebody`;
}

function armoured(data: Buffer, label = 'PGP PUBLIC KEY BLOCK'): string {
  return `-----BEGIN ${label}-----\n\n${data.toString('base64')}\n-----END ${label}-----\n`;
}

const pgp = openArmour(keyText('subkey')).data;

describe('reading a key that somebody lists', () => {
  for (const [name, { text, fingerprint }] of Object.entries(samples.keys)) {
    it(`names the fingerprint of ${name} as gpg or ssh-keygen does`, () => {
      assert.equal(readSigningKey(text).fingerprint, fingerprint);
      assert.equal(readSigningKey(`\n  ${text.trim()}`).fingerprint, fingerprint);
    });
  }

  it('takes OpenPGP keys with headers and without a checksum', () => {
    const text = keyText('rsa')
      .replace('\n\n', '\nVersion: GnuPG v2\nComment: mine\n\n')
      .replace(/\n=.{4}\n/, '\n');
    assert.equal(readSigningKey(text).fingerprint, readSigningKey(keyText('rsa')).fingerprint);
  });

  it('refuses private keys and says what to do', () => {
    assert.match(refusal('-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'), /PRIVATE key.* revoke it/);
    assert.match(refusal(armoured(pgp, 'PGP PRIVATE KEY BLOCK')), /PRIVATE key/);
    const secret = Buffer.concat([Buffer.from([0xc5, 1, 4]), pgp]);
    assert.match(refusal(armoured(secret)), /PRIVATE key/);
  });

  it('refuses several keys in one text: it would not be seen which of them counts', () => {
    assert.match(refusal(armoured(Buffer.concat([pgp, openArmour(keyText('rsa')).data]))), /several keys/);
    assert.match(refusal(keyText('subkey') + keyText('rsa')), /something follows its end/);
    assert.match(refusal(`${keyText('ssh-ed25519')}\n${keyText('ssh-rsa')}`), /neither one armoured OpenPGP key nor one line/);
  });

  it('refuses what is no public key, whatever it is called', () => {
    assert.match(refusal(armoured(pgp, 'PGP SIGNATURE')), /is no public key/);
    assert.match(refusal(armoured(Buffer.from([0xc2, 1, 4]))), /does not begin with a public key/);
    assert.match(refusal(armoured(Buffer.from([0xc6, 1, 3]))), /version 3/);
    assert.match(refusal(armoured(Buffer.from('no packet'))), /no OpenPGP packet/);
    assert.match(refusal(armoured(pgp.subarray(0, -1))), /ends 1 bytes too early/);
    assert.match(refusal(''), /neither/);
  });

  it('refuses SSH keys that are too short, of another type than they say, options and certificates', () => {
    const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const modulus = Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')]);
    assert.match(refusal(sshLine('ssh-rsa', Buffer.from(e, 'base64url'), modulus)), /RSA key of 1024 bits is too short/);
    assert.match(refusal(keyText('ssh-ed25519').replace('ssh-ed25519', 'ssh-rsa')), /says `ssh-rsa`, but it is of the type `ssh-ed25519`/);
    assert.match(refusal(`cert-authority ${keyText('ssh-ed25519')}`), /neither/);
    assert.match(refusal(sshLine('ssh-ed25519-cert-v01@openssh.com', 'x')), /"ssh-ed25519-cert-v01@openssh.com" are not taken/);
    assert.match(refusal(sshLine('ssh-dss', 'x')), /"ssh-dss" are not taken/);
    assert.match(refusal(sshLine('ssh-ed25519', Buffer.alloc(31))), /32 bytes/);
    assert.match(refusal(sshLine('ssh-ed25519', Buffer.alloc(32), 'more')), /8 bytes follow its end/);
    assert.match(refusal(sshLine('ecdsa-sha2-nistp256', 'nistp384', Buffer.alloc(97, 4))), /curve/);
  });

  it('refuses what is too long without reading it', () => {
    assert.match(refusal('-----BEGIN '.padEnd(limits.signatures.keyChars + 1, 'A')), /longer than/);
  });

  it('ends with a key or with words, whatever it is given', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...Object.keys(samples.keys)), fc.nat(), fc.string({ maxLength: 8 }))
      .map(([name, at, put]) => {
        const text = keyText(name);
        return text.slice(0, at % text.length) + put + text.slice((at % text.length) + put.length);
      });
    const packets = fc.uint8Array({ maxLength: 64 }).map((bytes) => armoured(Buffer.from(bytes)));
    const blobs = fc.uint8Array({ maxLength: 64 }).map((bytes) => `ssh-rsa ${Buffer.from(bytes).toString('base64')}`);
    fc.assert(
      fc.property(fc.oneof(mutated, packets, blobs, fc.string()), (text) => {
        try {
          assert.match(readSigningKey(text).fingerprint, /^(openpgp:([0-9A-F]{40}|[0-9A-F]{64})|ssh:SHA256:[A-Za-z0-9+/]{43})$/);
        } catch (error) {
          assert.ok(error instanceof HeadgateError, String(error));
        }
      }),
    );
  });
});
