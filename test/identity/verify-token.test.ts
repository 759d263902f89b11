import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { exportSPKI, importJWK } from 'jose';
import type { Issuer } from '#identity/issuer.ts';
import { parseKeySet } from '#identity/parse-key-set.ts';
import type { RefusalReason } from '#identity/refusal.ts';
import { TokenRefused } from '#identity/refusal.ts';
import { verifyToken } from '#identity/verify-token.ts';
import { AUDIENCE, ISSUER, NOW, compact, createSigner, goodClaims, type Signer } from './signer.ts';

describe('identity/verify-token', () => {
  let signer: Signer;
  let other: Signer;
  let issuer: Issuer;

  before(async () => {
    signer = await createSigner();
    other = await createSigner();
  });

  beforeEach(() => {
    issuer = {
      name: 'corp',
      preset: null,
      url: ISSUER,
      cluster: null,
      algorithms: ['RS256', 'ES256'],
      audiences: [AUDIENCE],
      tokens: 'id',
      maxLifetime: 15 * 60_000,
      serviceAccounts: false,
      proof: { find: parseKeySet({ keys: [signer.jwk] }) },
    };
  });

  const verify = (token: string, now = NOW) => verifyToken([issuer], token, now);

  async function refused(token: string, reason: RefusalReason, now = NOW): Promise<void> {
    await assert.rejects(verify(token, now), (error) => {
      assert.ok(error instanceof TokenRefused, String(error));
      assert.equal(error.reason, reason, error.message);
      return true;
    });
  }

  it('tells whose a good token is', async () => {
    const { subject, endsAt } = await verify(await signer.sign(goodClaims({ repository_id: '42' })));

    assert.deepEqual([subject.issuer, subject.iss, subject.sub], ['corp', ISSUER, 'repo:org/app:ref:refs/heads/main']);
    assert.equal(subject.claims['repository_id'], '42');
    assert.equal(endsAt, Number(goodClaims()['exp']) * 1_000 + 60_000);
  });

  it('takes claims that are nested, as AWS has them', async () => {
    issuer = { ...issuer, algorithms: ['ES384', 'RS256'] };
    const claims = goodClaims({ 'https://sts.amazonaws.com/': { aws_account: '1', principal_tags: { team: 'pay' } } });
    const { subject } = await verify(await signer.sign(claims));
    assert.deepEqual(subject.claims['https://sts.amazonaws.com/'], { aws_account: '1', principal_tags: { team: 'pay' } });
  });

  it('refuses a token without a signature', async () => {
    await refused(compact({ alg: 'none' }, goodClaims(), ''), 'malformed');
    await refused(compact({ alg: 'none' }, goodClaims()), 'algorithm');
    await refused(compact({ alg: 'None', kid: 'one' }, goodClaims()), 'algorithm');
  });

  it('refuses HS256 with the public key as its secret', async () => {
    const key = await importJWK({ ...signer.jwk, ext: true }, 'RS256');
    assert.ok(!(key instanceof Uint8Array));
    const pem = await exportSPKI(key);
    for (const secret of [pem, pem.trim(), JSON.stringify(signer.jwk), signer.jwk.n ?? '']) {
      const unsigned = compact({ alg: 'HS256', kid: 'one', typ: 'JWT' }, goodClaims()).split('.').slice(0, 2).join('.');
      await refused(`${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`, 'algorithm');
    }
  });

  it('refuses what another key has signed, though it has the same name', async () => {
    await refused(await other.sign(goodClaims()), 'signature');
  });

  it('looks at no key that the token brings along', async () => {
    for (const header of [
      { jwk: other.jwk as never },
      { jku: 'https://evil.example.com/jwks' },
      { x5u: 'https://evil.example.com/cert' },
      { x5c: ['MIIB'] },
    ]) {
      await refused(await other.sign(goodClaims(), header), 'signature');
      await verify(await signer.sign(goodClaims(), header));
    }
  });

  it('refuses extensions that it must understand and does not', async () => {
    const token = compact({ alg: 'RS256', kid: 'one', crit: ['exp'], exp: 1 }, goodClaims());
    await refused(token, 'critical-header');
    await refused(compact({ alg: 'RS256', kid: 'one', crit: ['b64'], b64: false }, goodClaims()), 'critical-header');
  });

  it('refuses algorithms that the issuer is not configured for', async () => {
    const pss = await createSigner('PS256');
    issuer = { ...issuer, proof: { find: parseKeySet({ keys: [pss.jwk] }) } };
    await refused(await pss.sign(goodClaims()), 'algorithm');
  });

  for (const typ of ['at+jwt', 'application/at+jwt', 'logout+jwt', 'dpop+jwt', 'JWE', ''])
    it(`refuses typ ${JSON.stringify(typ)} where ID tokens are taken`, async () =>
      refused(await signer.sign(goodClaims(), { typ }), 'type'));

  for (const typ of ['JWT', 'jwt', undefined])
    it(`refuses typ ${typ} where access tokens are taken`, async () => {
      issuer = { ...issuer, tokens: 'access' };
      await refused(await signer.sign(goodClaims(), typ === undefined ? {} : { typ }), 'type');
      await verify(await signer.sign(goodClaims(), { typ: 'at+jwt' }));
    });

  for (const missing of ['exp', 'iat', 'sub', 'aud'])
    it(`refuses a token without ${missing}`, async () =>
      refused(await signer.sign(goodClaims({ [missing]: undefined })), 'claims-missing'));

  const iat = NOW / 1_000;
  const refusals: readonly [string, object, RefusalReason][] = [
    ['a token of 8 hours', { iat, exp: iat + 8 * 3_600 }, 'lifetime'],
    ['a token that ends before it begins', { iat: iat + 30, exp: iat + 10 }, 'claims-invalid'],
    ['an expired token', { iat: iat - 400, exp: iat - 61 }, 'expired'],
    ['a token from the future', { iat: iat + 61, exp: iat + 300 }, 'not-yet-valid'],
    ['a token that is not valid yet', { nbf: iat + 61 }, 'not-yet-valid'],
    ['times that are no numbers', { exp: '9999999999' }, 'claims-invalid'],
    ['a time without end', { exp: 1e300 }, 'claims-invalid'],
    ['several audiences', { aud: [AUDIENCE, 'https://other.example.com'] }, 'audience'],
    ["another service's audience", { aud: 'https://other.example.com' }, 'audience'],
    ['an audience that only begins like ours', { aud: `${AUDIENCE}/` }, 'audience'],
    ['an empty list of audiences', { aud: [] }, 'claims-invalid'],
    ['an audience that is no text', { aud: { [AUDIENCE]: true } }, 'claims-invalid'],
    ['a subject that is no text', { sub: 42 }, 'claims-invalid'],
    ['an empty subject', { sub: '' }, 'claims-invalid'],
    ['a subject of 256 characters', { sub: 'a'.repeat(256) }, 'claims-invalid'],
    ['a subject with a control character', { sub: 'a\nb' }, 'claims-invalid'],
    ['a subject that turns its text around', { sub: 'a\u202eb' }, 'claims-invalid'],
    ['system:masters as subject', { sub: 'system:masters' }, 'reserved-name'],
    ['SYSTEM:admin as subject', { sub: 'SYSTEM:admin' }, 'reserved-name'],
    ['a service account from an issuer that has none', { sub: 'system:serviceaccount:flux-system:deployer' }, 'reserved-name'],
    ['system:masters as group', { groups: ['dev', 'system:masters'] }, 'reserved-name'],
    ['text where groups should be', { groups: 'admins' }, 'claims-invalid'],
  ];
  for (const [title, over, reason] of refusals) it(`refuses ${title}`, async () => refused(await signer.sign(goodClaims(over)), reason));

  for (const lookalike of [
    `${ISSUER}/`,
    'https://LOGIN.example.com',
    'http://login.example.com',
    'https://login.example.com.evil.example',
    'https://login.example.com@evil.example',
    'https://login.example.com#',
    ' https://login.example.com',
    'https://lоgin.example.com',
    [ISSUER],
    null,
    undefined,
  ])
    it(`does not take ${JSON.stringify(lookalike)} for the issuer`, async () =>
      refused(await signer.sign(goodClaims({ iss: lookalike })), 'unknown-issuer'));

  it('lets clocks differ by a minute', async () => {
    const token = await signer.sign(goodClaims({ iat, exp: iat + 300 }));
    await verify(token, NOW - 59_000);
    await verify(token, NOW + 359_000);
    await refused(token, 'not-yet-valid', NOW - 61_000);
    await refused(token, 'expired', NOW + 360_000);
  });

  it('takes several audiences where all of them are configured', async () => {
    issuer = { ...issuer, audiences: [AUDIENCE, 'account'] };
    await verify(await signer.sign(goodClaims({ aud: ['account', AUDIENCE] })));
    await verify(await signer.sign(goodClaims({ aud: [AUDIENCE] })));
    await refused(await signer.sign(goodClaims({ aud: [AUDIENCE, 'more'] })), 'audience');
  });

  it('takes service accounts from an issuer of Kubernetes, and no other name of the system', async () => {
    issuer = { ...issuer, serviceAccounts: true };
    await verify(await signer.sign(goodClaims({ sub: 'system:serviceaccount:flux-system:deployer' })));
    for (const sub of [
      'system:masters',
      'system:node:a',
      'system:serviceaccount:',
      'system:serviceaccount:a:b:c',
      'system:serviceaccounts:a',
    ])
      await refused(await signer.sign(goodClaims({ sub })), 'reserved-name');
  });

  it('says so when Entra leaves out the groups because they are too many', async () => {
    issuer = { ...issuer, preset: 'entra' };
    await refused(await signer.sign(goodClaims({ _claim_names: { groups: 'src1' } })), 'group-overage');
    await refused(await signer.sign(goodClaims({ hasgroups: true })), 'group-overage');
    await verify(await signer.sign(goodClaims({ groups: ['6f9c'] })));
  });

  it('refuses what is too large or too deep before it looks for a key', async () => {
    issuer = { ...issuer, proof: { find: () => assert.fail('a key is looked for') } };
    await refused('a'.repeat(15_000), 'too-large');
    await refused(await signer.sign(goodClaims({ pad: 'a'.repeat(10_300) })), 'too-large');
    const deep = Array.from({ length: 10 }).reduce<unknown>((inner) => [inner], 1);
    await refused(await signer.sign(goodClaims({ deep })), 'malformed');
  });

  for (const text of [
    '',
    '.',
    '..',
    'a.b',
    'a.b.c.d',
    'a.b.c.d.e',
    '....',
    '{}',
    '{"payload":"e30"}',
    'e30=.e30=.e30=',
    'e30.e30.e30',
    'W10.W10.W10',
  ])
    it(`refuses ${JSON.stringify(text)} as no token`, () => refused(text, 'malformed'));

  it('refuses a kid that is too long, empty or no text', async () => {
    for (const kid of ['', 'k'.repeat(257), 1, { a: 1 }, null]) await refused(compact({ alg: 'RS256', kid }, goodClaims()), 'malformed');
  });

  it('does not guess among several keys', async () => {
    issuer = { ...issuer, proof: { find: parseKeySet({ keys: [signer.jwk, { ...other.jwk, kid: 'two' }] }) } };
    const [, claims, signature] = (await signer.sign(goodClaims())).split('.');
    const header = Buffer.from('{"alg":"RS256"}').toString('base64url');
    await refused(`${header}.${claims}.${signature}`, 'unknown-key');
  });

  it('takes one spelling of a token out of sixteen', async () => {
    const token = await signer.sign(goodClaims());
    const bytes = Buffer.from(token.split('.')[2] ?? '', 'base64url');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spellings = alphabet
      .split('')
      .map((last) => token.slice(0, -1) + last)
      .filter((text) => Buffer.from(text.split('.')[2] ?? '', 'base64url').equals(bytes));
    assert.equal(spellings.length, 16, 'as many mean the same bytes');
    const taken = await Promise.all(
      spellings.map((text) =>
        verify(text).then(
          () => text,
          () => null,
        ),
      ),
    );
    assert.deepEqual(
      taken.filter((text) => text !== null),
      [token],
    );
  });

  it('tells tokens apart by jti, and by what was signed where there is none', async () => {
    const id = async (claims: object): Promise<string> => (await verify(await signer.sign(claims))).id;
    assert.equal(await id(goodClaims({ sub: 'a' })), await id(goodClaims({ sub: 'b' })), 'one jti is one token');
    assert.notEqual(await id(goodClaims()), await id(goodClaims({ jti: 'token-2' })));
    assert.notEqual(await id(goodClaims({ jti: undefined, sub: 'a' })), await id(goodClaims({ jti: undefined, sub: 'b' })));
  });

  it('verifies no mutation of a good token', async () => {
    const token = await signer.sign(goodClaims());
    const mutation = fc.oneof(
      fc
        .tuple(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '0', '-', '_', '.', '=', '+', '/', ' ', '\n', '{'))
        .map(([at, char]) => token.slice(0, at) + char + token.slice(at + 1)),
      fc.tuple(fc.nat(token.length), fc.string({ maxLength: 4 })).map(([at, text]) => token.slice(0, at) + text + token.slice(at)),
      fc.tuple(fc.nat(token.length), fc.nat(12)).map(([at, count]) => token.slice(0, at) + token.slice(at + count)),
      fc.dictionary(fc.constantFrom('sub', 'aud', 'exp', 'iat', 'iss', 'groups'), fc.jsonValue()).map((over) => {
        const [header, , signature] = token.split('.');
        return `${header}.${Buffer.from(JSON.stringify(goodClaims({ ...over, mutated: true }))).toString('base64url')}.${signature}`;
      }),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(mutation, async (mutated) => {
        fc.pre(mutated !== token);
        await assert.rejects(verify(mutated), TokenRefused);
      }),
      { numRuns: 500 },
    );
  });
});
