import assert from 'node:assert/strict';
import { fingerprintOf } from '#policy/people/public-key.ts';
import { openpgp, ssh } from './samples.ts';

function armoured(...bytes: readonly number[]): string {
  return `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${Buffer.from(bytes).toString('base64')}\n-----END PGP PUBLIC KEY BLOCK-----`;
}

describe('policy/people/public-key', () => {
  it('names an OpenPGP key by its primary key, as gpg does', () => {
    assert.equal(fingerprintOf('openpgp', openpgp.text), openpgp.fingerprint);
    assert.equal(fingerprintOf('openpgp', openpgp.text.replaceAll('\n', '\r\n')), openpgp.fingerprint);
    const commented = openpgp.text.replace('BLOCK-----\n', 'BLOCK-----\nComment: of Jane\n');
    assert.equal(fingerprintOf('openpgp', commented), openpgp.fingerprint);
  });

  /** RFC 9580, appendix A.3. */
  it('names a version 6 key by SHA-256', () => {
    const text = `-----BEGIN PGP PUBLIC KEY BLOCK-----

xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
+eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
-----END PGP PUBLIC KEY BLOCK-----`;
    assert.equal(fingerprintOf('openpgp', text), 'openpgp:CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9');
  });

  for (const [type, { text, fingerprint }] of Object.entries(ssh))
    it(`names an SSH key of type ${type} as ssh-keygen does`, () => assert.equal(fingerprintOf('ssh', text), fingerprint));

  const refused: readonly (readonly [title: string, kind: 'openpgp' | 'ssh', text: string, why: RegExp])[] = [
    ['text', 'openpgp', 'my own key', /what follows its type is no key/],
    ['two blocks', 'openpgp', openpgp.text + openpgp.text, /something follows its end/],
    ['a block that is cut off', 'openpgp', openpgp.text.slice(0, 300), /does not end with/],
    ['a block of secret keys', 'openpgp', openpgp.text.replaceAll('PUBLIC', 'PRIVATE'), /a PRIVATE key/],
    ['a secret key under another name', 'openpgp', armoured(0xc5, 0x01, 0x04), /a PRIVATE key/],
    ['a secret subkey', 'openpgp', armoured(0xc6, 0x01, 0x04, 0xc7, 0x01, 0x04), /a PRIVATE key/],
    ['two keys in one block', 'openpgp', armoured(0xc6, 0x01, 0x04, 0xc6, 0x01, 0x04), /several keys/],
    ['a subkey alone', 'openpgp', armoured(0xce, 0x01, 0x04), /does not begin with a public key/],
    ['a packet longer than the block', 'openpgp', armoured(0xc6, 0x09, 0x04), /ends 8 bytes too early/],
    ['a packet of unknown length', 'openpgp', armoured(0xc6, 0xe1, 0x04), /partial length/],
    ['a key of version 3', 'openpgp', armoured(0xc6, 0x01, 0x03), /version 3/],
    ['an empty key', 'openpgp', armoured(0xc6, 0x00), /version 0/],
    ['options before the key', 'ssh', `cert-authority ${ssh.ed25519.text}`, /without options/],
    ['two lines', 'ssh', `${ssh.ed25519.text}\n${ssh.ecdsa.text}`, /nor one line/],
    [
      'a key of another type than it says',
      'ssh',
      ssh.ed25519.text.replace('ssh-ed25519', 'ssh-rsa'),
      /says `ssh-rsa`, but it is of the type `ssh-ed25519`/,
    ],
    ['a key that is cut off', 'ssh', 'ssh-ed25519 AAAA', /what follows its type is no key/],
    ['a type that is not known', 'ssh', ssh.ed25519.text.replace('ssh-ed25519', 'ssh-dss'), /says `ssh-dss`/],
    ['a key of the other kind', 'openpgp', ssh.ed25519.text, /a key of the kind `ssh`/],
  ];
  for (const [title, kind, text, why] of refused)
    it(`refuses ${title}`, () => {
      const found = fingerprintOf(kind, text);
      assert.match(typeof found === 'string' ? `taken as ${found}` : found.problem, why);
    });
});
