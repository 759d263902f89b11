import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { identitySchema, type IdentityConfig } from '#config/identity-schema.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { IssuerLogin } from '#identity/login/issuer-login.ts';
import { openLogin } from '#identity/login/open-login.ts';
import { openIssuers } from '#identity/open-issuers.ts';
import { DISCOVERY, IssuerServer, json, status } from './issuer-server.ts';
import { AUDIENCE, createSigner, type Signer } from './signer.ts';

const REDIRECT = 'https://headgate.example.com/login/callback';
const SECRET = 'a secret of the client for tests only';

describe('identity/login', () => {
  let issuer: IssuerServer;
  let signer: Signer;
  let login: IssuerLogin;
  /** What the token endpoint was sent. */
  let form: URLSearchParams;
  let authorization: string | undefined;
  let idToken: (nonce: string) => Promise<string>;
  let nonce: string;

  beforeEach(async () => {
    issuer = await IssuerServer.start();
    signer = await createSigner();
    issuer.keys = [signer.jwk];
    issuer.instead.set(DISCOVERY, json(metadata()));
    idToken = (given) => signer.sign(claims(given));
    issuer.instead.set('/token', (request, response) => void answerToken(request).then((answer) => json(answer)(request, response)));
    login = open();
  });
  afterEach(() => issuer.stop());

  const metadata = (over: object = {}): object => ({
    issuer: issuer.url,
    authorization_endpoint: `${issuer.url}/auth`,
    token_endpoint: `${issuer.url}/token`,
    jwks_uri: `${issuer.url}/keys`,
    authorization_response_iss_parameter_supported: true,
    ...over,
  });

  function claims(given: string, over: object = {}): object {
    const iat = Math.floor(Date.now() / 1_000);
    return { iss: issuer.url, aud: 'headgate', sub: 'ada', iat, exp: iat + 300, nonce: given, groups: ['sre'], ...over };
  }

  async function answerToken(request: IncomingMessage): Promise<object> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    form = new URLSearchParams(body);
    authorization = request.headers.authorization;
    return { access_token: 'the-access-token', token_type: 'Bearer', id_token: await idToken(nonce) };
  }

  function open({ over = {}, clock = systemClock }: { over?: object; clock?: Clock } = {}): IssuerLogin {
    const config: IdentityConfig = identitySchema.parse({
      audience: AUDIENCE,
      issuers: [{ name: 'corp', url: issuer.url, tokens: 'access' }],
      login: { issuer: 'corp', clientId: 'headgate', clientSecret: { env: 'SECRET' }, allow: [{ groups: ['sre'] }], ...over },
    });
    const around = { clock, env: {}, reviews: { review: () => assert.fail('no cluster is asked') } };
    const opened = openLogin(config, { ...around, issuers: openIssuers(config, around), secret: () => Buffer.from(SECRET) });
    assert.ok(opened);
    return opened;
  }

  async function comeBack(over: Record<string, string> = {}): ReturnType<IssuerLogin['finish']> {
    const { attempt } = await login.begin(REDIRECT);
    nonce = attempt.nonce;
    const query = new URLSearchParams({ code: 'the-code', state: attempt.state, iss: issuer.url, ...over });
    return login.finish(new URL(`${REDIRECT}?${query.toString()}`), attempt);
  }

  const refused = (code: string, message: RegExp) => (error: unknown) => {
    const { code: given, message: said } = error as { code: string; message: string };
    assert.equal(given, code, said);
    assert.match(said, message);
    for (const secret of ['the-code', 'the-access-token', SECRET, 'eyJ']) assert.ok(!said.includes(secret), said);
    return true;
  };

  it('sends a browser to the issuer with state, nonce and a challenge, each time others', async () => {
    const [one, other] = [await login.begin(REDIRECT), await login.begin(REDIRECT)];
    const asked = new URL(one.url).searchParams;
    assert.equal(one.url.split('?')[0], `${issuer.url}/auth`);
    assert.deepEqual(
      ['client_id', 'redirect_uri', 'response_type', 'code_challenge_method', 'scope'].map((name) => asked.get(name)),
      ['headgate', REDIRECT, 'code', 'S256', 'openid profile email'],
    );
    assert.deepEqual([asked.get('state'), asked.get('nonce')], [one.attempt.state, one.attempt.nonce]);
    assert.ok(!one.url.includes(one.attempt.verifier));
    for (const name of ['state', 'nonce', 'verifier'] as const) assert.notEqual(one.attempt[name], other.attempt[name]);
  });

  it('knows who has come back, by a code that only it could redeem', async () => {
    const subject = await comeBack();
    assert.deepEqual([subject.issuer, subject.iss, subject.sub, subject.claims['groups']], ['corp', issuer.url, 'ada', ['sre']]);
    assert.deepEqual([form.get('code'), form.get('redirect_uri')], ['the-code', REDIRECT]);
    assert.match(form.get('code_verifier') ?? '', /^[A-Za-z0-9_-]{43}$/);
    assert.equal(authorization, `Basic ${Buffer.from(`headgate:${encodeURIComponent(SECRET).replaceAll('%20', '+')}`).toString('base64')}`);
  });

  it('sends the secret in the form where the issuer wants it there', async () => {
    issuer.instead.set(DISCOVERY, json(metadata({ token_endpoint_auth_methods_supported: ['client_secret_post'] })));
    await comeBack();
    assert.deepEqual([form.get('client_secret'), authorization], [SECRET, undefined]);
  });

  const callbacks: readonly [string, Record<string, string>, RegExp][] = [
    ['another state', { state: 'guessed' }, /state/],
    ['the answer of another issuer (RFC 9207)', { iss: 'https://evil.example' }, /iss/],
  ];
  for (const [what, over, message] of callbacks)
    it(`refuses ${what}, and redeems no code`, async () => {
      await assert.rejects(comeBack(over), refused('LOGIN_FAILED', message));
      assert.ok(!issuer.asked.includes('/token'));
    });

  it('refuses an answer that does not say of which issuer it is, where that one always does', async () => {
    const { attempt } = await login.begin(REDIRECT);
    const callback = new URL(`${REDIRECT}?code=the-code&state=${attempt.state}`);
    await assert.rejects(login.finish(callback, attempt), refused('LOGIN_FAILED', /iss/));
  });

  const tokens: readonly [string, (given: string, other: Signer) => Promise<string>, RegExp][] = [
    ['the nonce of another login', () => signer.sign(claims('another')), /nonce|claim/],
    ['no nonce', () => signer.sign(claims('', { nonce: undefined })), /nonce|claim/],
    ['another client as its audience', (given) => signer.sign(claims(given, { aud: 'other' })), /aud|claim/],
    ['a second audience', (given) => signer.sign(claims(given, { aud: ['headgate', 'other'], azp: 'headgate' })), /aud/],
    ['the audience of pipelines', (given) => signer.sign(claims(given, { aud: AUDIENCE })), /aud|claim/],
    ['another issuer', (given) => signer.sign(claims(given, { iss: 'https://evil.example' })), /iss|claim/],
    ['expired', (given) => signer.sign(claims(given, { iat: 1_000, exp: 2_000 })), /expired|timestamp/],
    ['a key of somebody else', (given, other) => other.sign(claims(given)), /signature|unknown-key/],
    ['a name of Kubernetes', (given) => signer.sign(claims(given, { sub: 'system:admin' })), /reserved-name/],
    ['the type of an access token', (given) => signer.sign(claims(given), { typ: 'at+jwt' }), /type/],
    ['a critical extension', (given) => signer.sign(claims(given), { crit: ['b64'], b64: true }), /critical|crit/],
  ];
  for (const [what, make, message] of tokens)
    it(`refuses an ID token with ${what}`, async () => {
      const other = await createSigner();
      idToken = (given) => make(given, other);
      await assert.rejects(comeBack(), refused('LOGIN_FAILED', message));
    });

  it('refuses an ID token without a signature, and one signed with the secret of the client', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const alg of ['none', 'HS256']) {
      idToken = (given) => Promise.resolve(`${part({ alg })}.${part(claims(given))}.${alg === 'none' ? '' : 'c2ln'}`);
      await assert.rejects(comeBack(), refused('LOGIN_FAILED', /./));
    }
  });

  it('lets nobody in whom the config does not name, and is not fooled by a text where a list is expected', async () => {
    for (const groups of [['guests'], ['sre-guests'], [], undefined]) {
      idToken = (given) => signer.sign(claims(given, { groups }));
      await assert.rejects(comeBack(), refused('LOGIN_REFUSED', /nobody whom/), JSON.stringify(groups));
    }
    for (const groups of ['sre', [['sre']], { sre: 'sre' }]) {
      idToken = (given) => signer.sign(claims(given, { groups }));
      await assert.rejects(comeBack(), refused('LOGIN_FAILED', /claims-invalid/), JSON.stringify(groups));
    }
  });

  it('lets in whoever has every claim of one entry, or anyone where the config says so', async () => {
    login = open({ over: { allow: [{ groups: 'sre', realm: { roles: ['a', 'b'] } }, { sub: 'eve' }] } });
    await assert.rejects(comeBack(), refused('LOGIN_REFUSED', /./));
    idToken = (given) => signer.sign(claims(given, { realm: { roles: ['b'] } }));
    assert.equal((await comeBack()).sub, 'ada');
    login = open({ over: { allow: undefined, anyone: true } });
    idToken = (given) => signer.sign(claims(given, { groups: [] }));
    assert.equal((await comeBack()).sub, 'ada');
  });

  it('says by a code of its own what the token endpoint answers, and repeats no more of it', async () => {
    const failure = { error: 'invalid_grant', error_description: 'the-code is used' };
    issuer.instead.set('/token', (_, response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(failure)),
    );
    await assert.rejects(comeBack(), refused('LOGIN_FAILED', /token endpoint answered 400 invalid_grant$/));
  });

  const away: readonly [string, () => void, RegExp][] = [
    ['answers an error', () => issuer.instead.set(DISCOVERY, status(500)), /answers 500/],
    ['redirects', () => issuer.instead.set(DISCOVERY, status(302, { location: 'https://evil.example' })), /redirects/],
    [
      'has the document of another issuer',
      () => issuer.instead.set(DISCOVERY, json(metadata({ issuer: `${issuer.url}/` }))),
      /another issuer/,
    ],
    ['has a document without endpoints', () => issuer.instead.set(DISCOVERY, json({ issuer: issuer.url })), /lacks authorization_endpoint/],
    ['answers too much', () => issuer.instead.set(DISCOVERY, json({ x: 'x'.repeat(limits.identity.documentBytes) })), /larger than/],
  ];
  for (const [what, make, message] of away)
    it(`says that nobody can log in at an issuer that ${what}`, async () => {
      make();
      await assert.rejects(login.begin(REDIRECT), refused('LOGIN_UNAVAILABLE', message));
    });

  it('follows no redirect of the token endpoint', async () => {
    issuer.instead.set('/token', status(307, { location: `${issuer.url}/evil` }));
    await assert.rejects(comeBack(), refused('LOGIN_FAILED', /status/));
    assert.ok(!issuer.asked.includes('/evil'));
  });

  it('asks an issuer that is away once for all who come, not again for a while, and then it lets people in', async () => {
    const clock = new SimulatedClock();
    login = open({ clock });
    issuer.instead.set(DISCOVERY, status(503));
    const tries = [1, 2, 3].map(() => login.begin(REDIRECT).catch((error: unknown) => error));
    await Promise.all(tries);
    await assert.rejects(login.begin(REDIRECT));
    assert.equal(issuer.asked.filter((path) => path === DISCOVERY).length, 1);
    issuer.instead.set(DISCOVERY, json(metadata()));
    await clock.advance(limits.identity.coolDown);
    assert.match((await login.begin(REDIRECT)).url, /\/auth\?/);
  });

  it('leads to the issuer’s own logout where there is one', async () => {
    assert.equal(await login.endUrl(), null);
    login = open();
    issuer.instead.set(DISCOVERY, json(metadata({ end_session_endpoint: `${issuer.url}/end?a=b` })));
    assert.equal(await login.endUrl(), `${issuer.url}/end?a=b&client_id=headgate`);
  });
});

describe('the config of a login', () => {
  const parse = (login: object, more: object = {}): string => {
    const issuers = [{ name: 'corp', url: 'https://login.example.com', ...more }];
    const base = { issuer: 'corp', clientId: 'headgate', clientSecret: { env: 'SECRET' } };
    const parsed = identitySchema.safeParse({ audience: AUDIENCE, issuers, login: { ...base, ...login } });
    return parsed.success ? 'taken' : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
  };

  it('must say who may read: by a claim that says who, by anyone, not by both', () => {
    assert.equal(parse({ allow: [{ groups: ['sre'] }] }), 'taken');
    assert.equal(parse({ anyone: true }), 'taken');
    for (const login of [{}, { anyone: false }, { allow: [{ groups: 'a' }], anyone: true }])
      assert.match(parse(login), /^login (does not say who may read|has `allow` and `anyone`)/);
    for (const allow of [
      [],
      [{}],
      [{ iss: 'x' }],
      [{ email_verified: true, aud: 'headgate' }],
      [{ groups: [] }],
      [{ groups: ['*'] }],
      [{ groups: null }],
    ])
      assert.match(parse({ allow }), /^login\.allow/, JSON.stringify(allow));
  });

  it('must name an issuer that is listed and may be asked, and ask for an ID token', () => {
    assert.match(parse({ anyone: true, issuer: 'other' }), /login\.issuer `other` is no issuer/);
    assert.match(parse({ anyone: true }, { jwks: { file: './keys' } }), /never asked for anything/);
    assert.match(parse({ anyone: true, scopes: ['profile'] }), /must have `openid`/);
  });
});
