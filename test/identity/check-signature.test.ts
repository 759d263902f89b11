import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { compactVerify, importJWK, type CryptoKey } from 'jose';
import { jwtAlgorithms } from '#core/jwt-algorithms.ts';
import { checkSignature } from '#identity/check-signature.ts';
import type { Issuer } from '#identity/issuer.ts';
import { parseKeySet } from '#identity/parse-key-set.ts';
import { readToken } from '#identity/read-token.ts';
import { TokenRefused } from '#identity/refusal.ts';
import { AUDIENCE, createSigner, goodClaims, ISSUER } from './signer.ts';

const issuer: Issuer = {
  name: 'corp',
  preset: null,
  url: ISSUER,
  cluster: null,
  algorithms: jwtAlgorithms,
  audiences: [AUDIENCE],
  tokens: 'id',
  maxLifetime: 15 * 60_000,
  serviceAccounts: false,
  proof: { find: parseKeySet({ keys: [] }) },
};

type Keys = readonly object[];

/** Why it is refused; undefined when it is taken. */
async function refusal(compact: string, keys: Keys): Promise<string | undefined> {
  try {
    await checkSignature(issuer, { find: parseKeySet({ keys }) }, readToken(compact));
    return undefined;
  } catch (error) {
    assert.ok(error instanceof TokenRefused, String(error));
    return error.reason;
  }
}

/** The same question to the library alone. */
async function isTakenByJose(compact: string, keys: Keys): Promise<boolean> {
  return compactVerify(compact, parseKeySet({ keys }), { algorithms: [...jwtAlgorithms] }).then(
    () => true,
    () => false,
  );
}

function signedBy(key: KeyObject, alg: string, digest: string, options: object = {}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg, kid: 'one' })}.${part(goodClaims())}`;
  return `${signed}.${sign(digest, Buffer.from(signed), { key, ...options }).toString('base64url')}`;
}

describe('checking a signature', () => {
  for (const alg of jwtAlgorithms) {
    it(`takes what ${alg} has signed, and nothing with another bit in the signature or in what is signed`, async () => {
      const signer = await createSigner(alg);
      const token = await signer.sign(goodClaims());
      assert.equal(await refusal(token, [signer.jwk]), undefined);

      const [header = '', claims = '', signature = ''] = token.split('.');
      const bytes = Buffer.from(signature, 'base64url');
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const other = Buffer.from(bytes);
        other.writeUInt8(bytes.readUInt8(at) ^ 1, at);
        assert.equal(await refusal(`${header}.${claims}.${other.toString('base64url')}`, [signer.jwk]), 'signature');
      }
      const others = Buffer.from(JSON.stringify(goodClaims({ sub: 'somebody-else' }))).toString('base64url');
      assert.equal(await refusal(`${header}.${others}.${signature}`, [signer.jwk]), 'signature');
    });
  }

  it('says of every algorithm with a key of every other one what jose says', async () => {
    const signers = await Promise.all(jwtAlgorithms.map(async (alg) => ({ alg, signer: await createSigner(alg) })));
    for (const { signer } of signers) {
      const token = await signer.sign(goodClaims());
      for (const { alg, signer: other } of signers) {
        const { alg: _named, ...unnamed } = other.jwk;
        for (const keys of [[other.jwk], [unnamed]])
          assert.equal((await refusal(token, keys)) === undefined, await isTakenByJose(token, keys), `${token.slice(0, 40)} by ${alg}`);
      }
    }
  });

  it('refuses RSA keys that are too short, private, or for encryption, as jose does', async () => {
    const pair = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
    const [short, good] = [pair(1_024), pair(2_048)];
    const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), kid: 'one', ...more });
    const cases: readonly (readonly [token: string, keys: Keys, reason: string | undefined])[] = [
      [signedBy(good.privateKey, 'RS256', 'sha256'), [jwk(good.publicKey)], undefined],
      [signedBy(short.privateKey, 'RS256', 'sha256'), [jwk(short.publicKey)], 'signature'],
      [signedBy(good.privateKey, 'RS256', 'sha256'), [jwk(good.privateKey)], 'signature'],
      [signedBy(good.privateKey, 'RS256', 'sha256'), [jwk(good.publicKey, { use: 'enc' })], 'unknown-key'],
      [signedBy(good.privateKey, 'RS256', 'sha256'), [jwk(good.publicKey, { key_ops: ['encrypt'] })], 'unknown-key'],
      [signedBy(good.privateKey, 'RS256', 'sha512'), [jwk(good.publicKey)], 'signature'],
    ];
    for (const [token, keys, reason] of cases) {
      assert.equal(await refusal(token, keys), reason);
      assert.equal(await isTakenByJose(token, keys), reason === undefined);
    }
  });

  it('takes no key that was imported for something else, whoever finds it', async () => {
    const signer = await createSigner('RS256');
    const token = readToken(await signer.sign(goodClaims()));
    const importedFor = async (alg: string): Promise<CryptoKey> => {
      const key = await importJWK({ ...signer.jwk, alg }, alg);
      assert.ok(!(key instanceof Uint8Array));
      return key;
    };
    const check = async (key: CryptoKey) => checkSignature(issuer, { find: () => Promise.resolve(key) }, token);
    await check(await importedFor('RS256'));
    for (const alg of ['RS384', 'RS512', 'PS256']) await assert.rejects(check(await importedFor(alg)), TokenRefused);
    const encrypting = await importJWK({ ...signer.jwk, alg: 'RSA-OAEP-256', use: 'enc' }, 'RSA-OAEP-256');
    assert.ok(!(encrypting instanceof Uint8Array));
    await assert.rejects(check(encrypting), TokenRefused);
  });

  it('takes RSA-PSS with a salt as long as the hash alone (RFC 7518 section 3.5)', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }];
    for (const [saltLength, reason] of [
      [32, undefined],
      [20, 'signature'],
      [0, 'signature'],
    ] as const) {
      const token = signedBy(privateKey, 'PS256', 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
      assert.equal(await refusal(token, keys), reason);
      assert.equal(await isTakenByJose(token, keys), reason === undefined);
    }
  });
});
