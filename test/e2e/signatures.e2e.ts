import assert from 'node:assert/strict';
import { readSigningKey } from '#core/keys/signing-key.ts';
import { signedCommit, signedTag } from '#core/signed-object.ts';
import type { Signing } from '#core/signature.ts';
import { Signatures } from '#identity/signatures/signatures.ts';
import { makeSamples, type Samples, type SignedSample } from './signing/make-samples.ts';

/** Keys whose signatures do not count a day later, and why. */
const refused: Readonly<Record<string, RegExp>> = {
  revoked: /the key is revoked/,
  'weak-key': /SHA1/,
  'weak-signature': /SHA1/,
  'brief-signature': /expired/,
};

describe('signatures of real git, gpg and ssh-keygen', function () {
  this.timeout(120_000);
  let samples: Samples;
  let verifier: Signatures;

  before(async () => {
    samples = await makeSamples();
    const keys = Object.values(samples.keys).map(({ text }) => readSigningKey(text));
    verifier = new Signatures(() => keys);
  });

  function judged({ kind, raw, id }: SignedSample, at: number): Promise<Signing> {
    return verifier.verify(kind === 'commit' ? signedCommit(raw, id) : signedTag(raw), at);
  }

  it('count as signed by whoever lists the key, or say why not', async () => {
    const dayLater = (samples.at + 25 * 60 * 60) * 1_000;
    assert.equal(samples.objects.length, 2 * Object.keys(samples.keys).length);
    for (const sample of samples.objects) {
      const told = await judged(sample, dayLater);
      const words = refused[sample.key];
      if (words) assert.match(JSON.stringify(told), words, sample.name);
      else assert.deepEqual(told, { signedBy: samples.keys[sample.key]?.fingerprint }, sample.name);
    }
  });

  it('count no more once the key has expired', async () => {
    const daysLater = (samples.at + 3 * 24 * 60 * 60) * 1_000;
    for (const sample of samples.objects.filter(({ key }) => key === 'expiring')) {
      assert.match(JSON.stringify(await judged(sample, daysLater)), /has expired/);
    }
  });
});
