import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IssuerConfig } from '#config/identity-schema.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { Issuers } from '#identity/issuer.ts';
import { openIssuers } from '#identity/open-issuers.ts';
import { TokenRefused } from '#identity/refusal.ts';
import { verifyToken } from '#identity/verify-token.ts';
import { useTempDir } from '../config/temp-dir.ts';
import { DISCOVERY, IssuerServer, json, status } from './issuer-server.ts';
import { AUDIENCE, NOW, createSigner, goodClaims, type Signer } from './signer.ts';

const about = {
  preset: null,
  cluster: null,
  algorithms: ['RS256'],
  audiences: [],
  tokens: 'id',
  maxLifetime: 900_000,
  serviceAccounts: false,
} as const;

const reviews = { review: () => assert.fail('a cluster is asked') };

describe('identity/open-issuers', () => {
  const directory = useTempDir();
  let clock: SimulatedClock;
  let server: IssuerServer;
  let first: Signer;
  let second: Signer;
  let issuers: Issuers;

  before(async () => {
    first = await createSigner('RS256', 'one');
    second = await createSigner('RS256', 'two');
  });

  beforeEach(async () => {
    clock = new SimulatedClock();
    server = await IssuerServer.start();
    server.keys = [first.jwk];
    issuers = open({ name: 'corp', url: server.url, internal: false, jwks: undefined, ...about });
  });
  afterEach(() => server.stop());

  function open(issuer: IssuerConfig): Issuers {
    return openIssuers({ audience: AUDIENCE, issuers: [issuer] }, { clock, env: {}, reviews });
  }

  const sign = (by: Signer, over: object = {}): Promise<string> => by.sign(goodClaims({ iss: server.url, ...over }));
  const verify = (token: string) => verifyToken(issuers, token, NOW);

  async function refused(token: string, reason: string, detail = /./): Promise<void> {
    await assert.rejects(verify(token), (error) => {
      assert.ok(error instanceof TokenRefused, String(error));
      assert.equal(error.reason, reason, error.message);
      assert.match(error.message, detail);
      return true;
    });
  }

  it('asks nobody before a token comes, and then once', async () => {
    assert.deepEqual(server.asked, []);
    const token = await sign(first);
    await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    await verify(token);
    assert.deepEqual(server.asked, [DISCOVERY, '/keys']);
  });

  it('takes keys as what they are, which API servers of Kubernetes insist on', async () => {
    server.instead.set('/keys', (request, response) => {
      if (!(request.headers.accept ?? '').includes('application/jwk-set+json')) return status(406)(request, response);
      response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys: [first.jwk] }));
    });
    assert.equal((await verify(await sign(first))).subject.issuer, 'corp');
  });

  it('never asks an issuer that is not configured', async () => {
    const stranger = await IssuerServer.start();
    try {
      stranger.keys = [first.jwk];
      await refused(await sign(first, { iss: stranger.url }), 'unknown-issuer');
      assert.deepEqual([stranger.asked, server.asked], [[], []]);
    } finally {
      await stranger.stop();
    }
  });

  it('finds a key that is new', async () => {
    await verify(await sign(first));
    server.keys = [second.jwk];
    await verify(await sign(second));
    await refused(await sign(first, { jti: 'later' }), 'unknown-key');
  });

  it('asks once for a flood of unknown keys, and again after a while', async () => {
    await verify(await sign(first));
    const flood = await Promise.all(
      Array.from({ length: 20 }, (_, index) => first.sign(goodClaims({ iss: server.url }), { kid: `k${index}` })),
    );
    for (const token of flood) await refused(token, 'unknown-key');
    assert.deepEqual(server.asked, [DISCOVERY, '/keys', '/keys']);
    await clock.advance(30_000);
    for (const token of flood) await refused(token, 'unknown-key');
    assert.equal(server.asked.length, 4);
    await verify(await sign(first));
  });

  it('asks once when the issuer fails, and again after a while', async () => {
    server.instead.set(DISCOVERY, status(503));
    const token = await sign(first);
    for (let i = 0; i < 20; i++) await refused(token, 'keys-unavailable', /answers 503/);
    assert.deepEqual(server.asked, [DISCOVERY]);
    server.instead.clear();
    await refused(token, 'keys-unavailable');
    await clock.advance(30_000);
    await verify(token);
  });

  it('asks once for keys that fail', async () => {
    server.instead.set('/keys', status(500));
    const token = await sign(first);
    for (let i = 0; i < 20; i++) await refused(token, 'keys-unavailable', /answers 500/);
    assert.deepEqual(server.asked, [DISCOVERY, '/keys']);
  });

  it('keeps the keys while the issuer is away, for a day', async () => {
    const token = await sign(first);
    await verify(token);
    server.instead.set('/keys', status(503));
    await clock.advance(60 * 60_000);
    await verify(token);
    await clock.advance(23 * 60 * 60_000);
    await refused(token, 'keys-unavailable');
  });

  const bad: readonly [string, string, ReturnType<typeof json>, RegExp][] = [
    [
      'a discovery document of another issuer',
      DISCOVERY,
      json({ issuer: 'https://other.example.com', jwks_uri: 'https://x.example' }),
      /of another issuer/,
    ],
    ['a discovery document that redirects', DISCOVERY, status(302, { location: '/elsewhere' }), /redirects/],
    ['keys that redirect', '/keys', status(307, { location: '/elsewhere' }), /redirects/],
    ['a discovery document without keys', DISCOVERY, json({ issuer: 'x' }), /is none/],
    ['keys that are too large', '/keys', json({ keys: [], pad: 'x'.repeat(120_000) }), /larger than/],
    ['too many keys', '/keys', json({ keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) }), /no JSON Web Key Set/],
    ['keys that are no JSON', '/keys', (_request, response) => response.writeHead(200).end('<html>'), /not JSON/],
    [
      'keys that break off',
      '/keys',
      (_request, response) => response.writeHead(200, { 'content-length': '10' }).write('{', () => response.destroy()),
      /./,
    ],
  ];
  for (const [title, path, answer, detail] of bad)
    it(`refuses ${title}`, async () => {
      server.instead.set(path, answer);
      await refused(await sign(first), 'keys-unavailable', detail);
      assert.ok(!server.asked.includes('/elsewhere'));
    });

  it('takes no private half of a key, and no symmetric one', async () => {
    server.keys = [{ kty: 'oct', k: 'c2VjcmV0', kid: 'one', alg: 'HS256' }];
    await refused(await sign(first), 'unknown-key');
  });

  it('reads keys from a file again when it changes, and has none when it is gone', async () => {
    const file = join(directory(), 'keys.json');
    writeFileSync(file, JSON.stringify({ keys: [first.jwk] }));
    issuers = open({ name: 'corp', url: server.url, internal: false, jwks: { file }, ...about });
    await verify(await sign(first));
    writeFileSync(file, JSON.stringify({ keys: [second.jwk] }));
    await clock.advance(1_000);
    await verify(await sign(second));
    await refused(await sign(first), 'unknown-key');
    rmSync(file);
    await clock.advance(1_000);
    await refused(await sign(second), 'keys-unavailable', /does not exist/);
    assert.deepEqual(server.asked, []);
  });

  it('refuses to start without the file of keys', () => {
    const missing = { name: 'corp', url: server.url, internal: false, jwks: { file: join(directory(), 'missing.json') }, ...about };
    assert.throws(() => open(missing), { code: 'SECRET_UNAVAILABLE', message: /corp: .*missing\.json: does not exist/ });
  });
});
