import assert from 'node:assert/strict';
import { findCredentials, findSecretsInClear } from '#handlers/preflight/find-credentials.ts';
import { parseManifests } from '#handlers/preflight/parse-manifests.ts';

// Put together here, so that no scanner takes this file for what it tests.
const samples: readonly (readonly [what: string, text: string])[] = [
  ['a private key', `-----BEGIN ${'OPENSSH'} PRIVATE KEY-----`],
  ['a private key', `-----BEGIN ${'PGP'} PRIVATE KEY BLOCK-----`],
  ['an access key of AWS', `id: ${'AKIA'}IOSFODNN7EXAMPLE`],
  ['a token of GitHub', `"${'ghp'}_${'a1'.repeat(18)}"`],
  ['a token of GitLab', `token=${'glpat'}-${'x'.repeat(20)}`],
  ['a token of Slack', `${'xoxb'}-${'1'.repeat(12)}-abcdefgh`],
  ['an API key of Google', `${'AIza'}${'B'.repeat(35)}`],
  ['a key of age', `${'AGE-SECRET-KEY'}-1${'Q'.repeat(58)}`],
];

describe('findCredentials', () => {
  for (const [what, text] of samples)
    it(`finds ${what} and its line, and does not repeat it`, () => {
      const [finding, ...others] = findCredentials([{ path: 'a.yaml', text: `one: 1\n${text}\n` }]);
      assert.deepEqual([finding?.code, finding?.severity, finding?.line, others], ['credential', 'error', 2, []]);
      assert.match(finding?.message ?? '', new RegExp(what));
      assert.ok(!finding?.message.includes(text));
    });

  it('lets other text pass', () => {
    const text = 'image: ghp_short\nkey: AKIA\n# -----BEGIN PUBLIC KEY-----\n# -----BEGIN CERTIFICATE-----\nname: my-xoxb-thing\n';
    assert.deepEqual(findCredentials([{ path: 'a.yaml', text }]), []);
  });
});

describe('findSecretsInClear', () => {
  const secret = (rest: string) =>
    parseManifests([{ path: 'a.yaml', text: `apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n${rest}\n` }]).manifests;

  for (const rest of ['data: { key: cGFzcw== }', 'stringData: { key: pass }', 'data: { one: "ENC[AES256_GCM,x]", two: cGFzcw== }'])
    it(`finds ${rest}`, () => {
      assert.deepEqual(
        findSecretsInClear(secret(rest)).map(({ code, severity }) => [code, severity]),
        [['secret-in-clear', 'error']],
      );
    });

  for (const rest of [
    'type: Opaque',
    'data: {}',
    'data: { key: "ENC[AES256_GCM,x]" }',
    'stringData: { key: "${PASSWORD}" }',
    'data: { key: "" }',
  ])
    it(`lets ${rest} pass`, () => {
      assert.deepEqual(findSecretsInClear(secret(rest)), []);
    });
});
