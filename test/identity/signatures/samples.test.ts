import assert from 'node:assert/strict';
import { readSigningKey } from '#core/keys/signing-key.ts';
import { signedCommit, signedTag } from '#core/signed-object.ts';
import type { Signing } from '#core/signature.ts';
import { Signatures } from '#identity/signatures/signatures.ts';
import { samples } from './samples.ts';

const keys = Object.values(samples.keys).map(({ text }) => readSigningKey(text));
const verifier = new Signatures(() => keys);
const signed = samples.at * 1_000;
const day = 24 * 60 * 60_000;

function judged(name: string, at: number): Promise<Signing> {
  const { kind, raw, id } = samples.objects.find((each) => each.name === name) ?? assert.fail(name);
  if (kind === 'commit') return verifier.verify(signedCommit(raw, id), at);
  const commit = /^object ([0-9a-f]{40})$/m.exec(raw)?.[1] ?? '';
  const ref = `refs/tags/${/^tag (.+)$/m.exec(raw)?.[1]}`;
  return verifier.verifyTag(signedTag(raw), { ref, object: id, commit }, at);
}

describe('what real git, gpg and ssh-keygen signed', () => {
  for (const { name, key } of samples.objects.filter((each) => each.key !== 'revoked' && !each.key.startsWith('weak-'))) {
    it(`counts for the ${name}`, async () => {
      assert.deepEqual(await judged(name, signed + 1_000), { signedBy: samples.keys[key]?.fingerprint });
    });
  }

  it('counts no more once the key has expired', async () => {
    for (const name of ['commit by expiring', 'tag by expiring']) {
      assert.deepEqual(await judged(name, signed + day), { signedBy: samples.keys['expiring']?.fingerprint });
      assert.match(JSON.stringify(await judged(name, signed + 3 * day)), /"unsigned":".*the key has expired at 2026-01-03T12:00:00/);
    }
  });

  it('does not count when the key is revoked, whenever the signature says that it was made', async () => {
    for (const name of ['commit by revoked', 'tag by revoked']) {
      for (const at of [signed - 1_000, signed + day])
        assert.match(JSON.stringify(await judged(name, at)), /"unsigned":".*the key is revoked/);
    }
  });

  it('does not count when SHA-1 is what it signs, or what holds its key together', async () => {
    for (const name of ['commit by weak-key', 'tag by weak-key', 'commit by weak-signature', 'tag by weak-signature']) {
      assert.match(JSON.stringify(await judged(name, signed + 1_000)), /"unsigned":".*Insecure hash algorithm: SHA1/);
    }
  });

  it('counts no more once the signature itself has expired', async () => {
    assert.match(JSON.stringify(await judged('tag by brief-signature', signed + 2 * day)), /"unsigned":".*Signature is expired/);
  });

  it('does not count before it was made', async () => {
    assert.match(JSON.stringify(await judged('commit by rsa', signed - day)), /"unsigned":"the signature is dated later/);
  });

  it('does not count for another object', async () => {
    const { raw, id } = samples.objects.find(({ name }) => name === 'commit by subkey') ?? assert.fail();
    const { payload, signature } = signedCommit(raw, id) ?? assert.fail();
    const other = { payload: payload.replace('Signed by', 'Forged by'), signature };
    assert.match(JSON.stringify(await verifier.verify(other, signed + day)), /"unsigned":".*does not hold/);
  });

  it('does not count for a tag under another name', async () => {
    const { raw, id } = samples.objects.find(({ name }) => name === 'tag by subkey') ?? assert.fail();
    const commit = /^object ([0-9a-f]{40})$/m.exec(raw)?.[1] ?? '';
    const told = await verifier.verifyTag(signedTag(raw), { ref: 'refs/tags/v9', object: id, commit }, signed + day);
    assert.match(JSON.stringify(told), /"unsigned":"the signed tag is called refs\/tags\/by-subkey/);
    assert.match(
      JSON.stringify(await verifier.verifyTag(null, { ref: 'refs/tags/v9', object: id, commit }, signed)),
      /carries no signature/,
    );
  });
});
