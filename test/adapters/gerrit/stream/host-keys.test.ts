import assert from 'node:assert/strict';
import { hostKeysIn } from '#adapters/gerrit/stream/host-keys.ts';
import { HeadgateError } from '#core/errors.ts';
import { publicKey } from './ssh-fixtures.ts';

const at = { host: 'review.example.com', port: 29_418, file: 'hosts' };
const name = '[review.example.com]:29418';
const blobOf = (key: string): Buffer => Buffer.from(publicKey(key).split(' ')[1] ?? '', 'base64');

describe('keys that a Gerrit may show', () => {
  it('are asked for by the types that known_hosts has, and judged by their bytes', () => {
    const keys = hostKeysIn(`${name} ${publicKey('host')}\n`, at);
    assert.deepEqual(keys.algorithms, ['ssh-ed25519']);
    assert.equal(keys.judge(blobOf('host')), null);
    const words = keys.judge(blobOf('other-host'));
    assert.match(words ?? '', /^review\.example\.com:29418 shows the host key SHA256:\S+; hosts has SHA256:\S+$/);
  });

  it('are asked for by SHA-2 where an RSA key is known, never by SHA-1', () => {
    assert.deepEqual(hostKeysIn(`${name} ssh-rsa AAAA\n`, at).algorithms, ['rsa-sha2-512', 'rsa-sha2-256']);
  });

  it('are the best first', () => {
    const text = `${name} ssh-rsa AAAA\n${name} ecdsa-sha2-nistp256 BBBB\n${name} ${publicKey('host')}\n`;
    assert.deepEqual(hostKeysIn(text, at).algorithms, ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256']);
  });

  it('may not be revoked, even where another line has them', () => {
    const text = `${name} ${publicKey('host')}\n${name} ssh-rsa AAAA\n@revoked * ${publicKey('host')}\n`;
    const keys = hostKeysIn(text, at);
    assert.deepEqual(keys.algorithms, ['rsa-sha2-512', 'rsa-sha2-256']);
    assert.match(keys.judge(blobOf('host')) ?? '', /^the host key SHA256:\S+ of review\.example\.com:29418 is marked @revoked in hosts$/);
  });

  const lacking: readonly (readonly [string, string, RegExp])[] = [
    ['none', '', /: it has no key of review\.example\.com:29418$/],
    ['one of the same host at another port', `review.example.com ${publicKey('host')}`, /: it has no key of/],
    [
      'a revoked one alone',
      `${name} ${publicKey('host')}\n@revoked * ${publicKey('host')}`,
      /: every key that it has of .* is marked @revoked$/,
    ],
    [
      'an authority alone',
      `@cert-authority ${name} ${publicKey('host')}`,
      /: it names an authority \(@cert-authority\) .* certificates of hosts are not taken$/,
    ],
    ['one of a type that is not taken', `${name} ssh-dss AAAA`, /: it has keys of .* of no type that can be used \(ssh-dss\)$/],
  ];
  for (const [what, text, words] of lacking)
    it(`are not there where known_hosts has ${what}, which says how to add one`, () => {
      const thrown = (error: unknown): boolean => {
        assert.ok(error instanceof HeadgateError && error.code === 'SSH_UNUSABLE');
        assert.match(error.message, words);
        assert.match(error.hint, /^`ssh-keyscan -p 29418 review\.example\.com >> hosts`/);
        return true;
      };
      assert.throws(() => hostKeysIn(`${text}\n`, at), thrown);
    });
});
