import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { signWebhook } from '#adapters/webhook/signature.ts';

describe('the signature of a webhook', () => {
  it('is that of the reference libraries for their own example', () => {
    // github.com/standard-webhooks/standard-webhooks, libraries/javascript/src/index.test.ts, "sign function works"
    const secret = Buffer.from('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const signature = signWebhook([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}');
    assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('takes a secret without prefix as the key itself', () => {
    const expected = createHmac('sha256', 'a plain secret for tests').update('rec_1-applied.7.{}').digest('base64');
    assert.equal(signWebhook([Buffer.from('a plain secret for tests')], 'rec_1-applied', 7, '{}'), `v1,${expected}`);
  });

  it('is not made with a key that is shorter than it looks', () => {
    for (const secret of ['whsec_', 'whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'whsec_c2hvcnQ='])
      assert.throws(() => signWebhook([Buffer.from(secret)], 'x', 1, '{}'), { code: 'SECRET_UNAVAILABLE' }, secret);
  });

  it('is one for each secret, in their order', () => {
    const [old, next] = [Buffer.from('the secret of yesterday'), Buffer.from('the secret of tomorrow')];
    const [first, second, ...none] = signWebhook([old, next], 'x', 1, '{}').split(' ');
    assert.deepEqual([first, second, none], [signWebhook([old], 'x', 1, '{}'), signWebhook([next], 'x', 1, '{}'), []]);
    assert.notEqual(first, second);
  });
});
