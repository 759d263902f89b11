import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSigningKey } from '#core/keys/signing-key.ts';
import { limits } from '#core/limits.ts';
import type { Signing } from '#core/signature.ts';
import { Signatures } from '#identity/signatures/signatures.ts';
import { ecdsaSigner, ed25519Signer, rsaSigner, securityKeySigner, type SshParts, type SshSigner } from './ssh-signer.ts';

const payload = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA commit of \u00fc\n';
const at = Date.parse('2026-06-01T00:00:00Z');
const jane = ed25519Signer();
const rsa = rsaSigner(2048);

function fingerprint({ line }: SshSigner): string {
  return readSigningKey(line).fingerprint;
}

function verifying(...signers: readonly SshSigner[]): Signatures {
  const keys = signers.map(({ line }) => readSigningKey(line));
  return new Signatures(() => keys);
}

async function judged(by: SshSigner, wrong: Partial<SshParts> = {}): Promise<Signing> {
  return verifying(by).verify({ payload, signature: by.sign(payload, wrong) }, at);
}

async function reason(signing: Signing | Promise<Signing>): Promise<string> {
  const made = await signing;
  return 'unsigned' in made ? made.unsigned : assert.fail(`it counts as signed by ${made.signedBy}`);
}

describe('SSH signatures', () => {
  for (const [name, make] of Object.entries({
    ed25519: ed25519Signer,
    ecdsa: ecdsaSigner,
    rsa: () => rsaSigner(2048),
    'a security key with ed25519': () => securityKeySigner('ed25519'),
    'a security key with ecdsa': () => securityKeySigner('ecdsa'),
  })) {
    it(`by ${name} count for the very bytes that were signed, by a listed key`, async () => {
      const by = make();
      assert.deepEqual(await judged(by), { signedBy: fingerprint(by) });
      assert.deepEqual(await judged(by, { hash: 'sha256' }), { signedBy: fingerprint(by) });
      const signature = by.sign(payload);
      assert.match(await reason(verifying(by).verify({ payload: `${payload} `, signature }, at)), /is not one of this object/);
      assert.match(await reason(verifying(jane).verify({ payload, signature }, at)), /by a key that nobody lists: ssh:SHA256:/);
      assert.match(await reason(verifying().verify({ payload, signature }, at)), /nobody lists/);
    });
  }

  it('are made for git, not for something else that the same key signs', async () => {
    assert.match(await reason(judged(jane, { namespace: 'file' })), /made for "file", not for git/);
    assert.match(await reason(judged(jane, { reserved: 'x' })), /is not one of this object/);
  });

  it('are made over a digest that is strong enough', async () => {
    assert.match(await reason(judged(jane, { hash: 'sha1' })), /digest "sha1" is not taken/);
    assert.match(await reason(judged(rsa, { algorithm: 'ssh-rsa', digest: 'sha1' })), /"ssh-rsa" is not taken/);
    assert.deepEqual(await judged(rsa, { algorithm: 'rsa-sha2-256', digest: 'sha256' }), { signedBy: fingerprint(rsa) });
    assert.match(await reason(judged(rsa, { algorithm: 'rsa-sha2-256', digest: 'sha512' })), /not one of this object/);
    assert.match(await reason(judged(rsa, { algorithm: 'constructor' })), /"constructor" is not taken/);
  });

  it('are made by keys that are long enough', async () => {
    const short = rsaSigner(1024);
    const signature = short.sign(payload);
    assert.match(await reason(verifying(rsa).verify({ payload, signature }, at)), /RSA key of 1024 bits is too short/);
  });

  it('are of the algorithm of their key', async () => {
    assert.match(await reason(judged(jane, { algorithm: 'sk-ssh-ed25519@openssh.com' })), /is not the one of its key/);
  });

  it('by a security key need somebody who touches it', async () => {
    assert.match(await reason(judged(securityKeySigner('ed25519'), { flags: 0 })), /nobody touched/);
    assert.match(await reason(judged(securityKeySigner('ecdsa'), { flags: 4 })), /nobody touched/);
  });

  it('end where they end', async () => {
    assert.match(await reason(judged(jane, { trailing: 'x' })), /1 bytes follow its end/);
    assert.match(await reason(judged(jane, { innerTrailing: 'xy' })), /2 bytes follow its end/);
    assert.match(await reason(judged(rsa, { innerTrailing: 'xy' })), /2 bytes follow its end/);
    const twice = `${jane.sign(payload)}${jane.sign(payload)}`;
    assert.match(await reason(verifying(jane).verify({ payload, signature: twice }, at)), /something follows its end/);
    assert.match(await reason(verifying(jane).verify({ payload, signature: `x${jane.sign(payload)}` }, at)), /does not begin/);
  });

  it('of another version or kind are refused', async () => {
    assert.match(await reason(judged(jane, { version: 2 })), /version 2/);
    assert.match(await reason(judged(jane, { magic: 'SSHSIC' })), /no SSH signature/);
    const signature = '-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n';
    assert.match(await reason(verifying(jane).verify({ payload, signature }, at)), /SIGNED MESSAGE is neither/);
    assert.match(await reason(verifying(jane).verify(null, at)), /carries no signature/);
  });

  it('and what they sign are bounded', async () => {
    const long = 'x'.repeat(limits.signatures.payloadBytes + 1);
    assert.match(await reason(verifying(jane).verify({ payload: long, signature: jane.sign(long) }, at)), /larger than/);
    const signature = 'x'.repeat(limits.signatures.signatureChars + 1);
    assert.match(await reason(verifying(jane).verify({ payload, signature }, at)), /longer than/);
  });

  it('count as long as their key is listed', async () => {
    let keys = [readSigningKey(jane.line)];
    const verifier = new Signatures(() => keys);
    const signed = { payload, signature: jane.sign(payload) };
    assert.deepEqual(await verifier.verify(signed, at), { signedBy: fingerprint(jane) });
    keys = [readSigningKey(rsa.line)];
    assert.match(await reason(verifier.verify(signed, at)), /nobody lists/);
  });

  it('never count when a byte of them is another, and never throw', async () => {
    const verifier = verifying(jane, rsa);
    for (const by of [jane, rsa]) {
      const signature = by.sign(payload);
      const data = Buffer.from(signature.split('\n').slice(1, -2).join(''), 'base64');
      await fc.assert(
        fc.asyncProperty(fc.nat(data.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
          const changed = Buffer.from(data);
          changed[place] = (changed[place] ?? 0) ^ change;
          const armoured = `-----BEGIN SSH SIGNATURE-----\n${changed.toString('base64')}\n-----END SSH SIGNATURE-----`;
          assert.notEqual(await reason(verifier.verify({ payload, signature: armoured }, at)), '');
        }),
      );
    }
  });

  it('may be any text: it ends in words', async () => {
    const verifier = verifying(jane);
    const inner = fc
      .uint8Array({ maxLength: 80 })
      .map(
        (bytes) =>
          `-----BEGIN SSH SIGNATURE-----\n${Buffer.concat([Buffer.from('SSHSIG\0\0\0\x01'), bytes]).toString('base64')}\n-----END SSH SIGNATURE-----`,
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), inner), async (signature) => {
        assert.match(await reason(verifier.verify({ payload, signature }, at)), /^[^\p{Cc}]+$/u);
      }),
    );
  });
});
