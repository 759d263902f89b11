import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type RunningServer } from '#server/main.ts';
import { startWorld, type World } from '../cli/world.ts';
import { OidcIssuer } from '../identity/oidc-issuer.ts';
import { AUDIENCE } from '../identity/signer.ts';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly urls: readonly string[];
    readonly stories: readonly {
      readonly change: { readonly id: string; readonly subject: { readonly iss: string; readonly sub: string; readonly claims: object } };
      readonly decisions: readonly {
        readonly verdict: string;
        readonly facts: Readonly<Record<string, unknown>>;
        readonly lacked: readonly string[];
      }[];
      readonly reconciles: readonly { readonly outcome: string }[];
    }[];
  };
}

describe('a server that believes an OpenID provider', function () {
  this.timeout(60_000);
  let world: World;
  let issuer: OidcIssuer;
  let server: RunningServer;
  let log: string;

  before(async () => {
    issuer = await OidcIssuer.start();
    world = await startWorld();
    await world.server.close();
    appendFileSync(
      world.configPath,
      `  identity:\n    audience: ${AUDIENCE}\n    issuers: [ { name: corp, url: "${issuer.url}", tokens: access } ]\n`,
    );
  });
  after(async () => {
    await world.stop();
    await issuer.stop();
  });
  beforeEach(async () => {
    log = '';
    const stderr = { write: (line: string) => (log += line) };
    server = await startServer({ configPath: world.configPath, env: {}, stderr, signal: new AbortController().signal });
    for (;;) {
      const ready = await fetch(`${server.health.url}/readyz?verbose`);
      if ((await ready.text()).includes('[+] cluster prod')) break;
    }
  });
  afterEach(() => server.close());

  const body = { cluster: 'prod', namespace: 'apps', kind: 'GitRepository', name: 'webapp', force: true };

  async function send(method: 'GET' | 'POST', path: string, token: string, sent?: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${server.web.url}${path}`, { method, headers, ...(sent ? { body: JSON.stringify(sent) } : {}) });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  it('decides and carries out what a verified subject asks for, and tells it the outcome', async () => {
    const token = await issuer.token();
    const answer = await send('POST', '/v1/reconciles?wait=30s', token, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const [story] = answer.body.stories;
    assert.deepEqual([story?.change.subject.iss, story?.change.subject.sub], [issuer.url, 'ci']);
    assert.deepEqual([story?.decisions[0]?.verdict, story?.reconciles[0]?.outcome], ['allow', 'applied']);
    const { subject, subjectIssuer } = story?.decisions[0]?.facts ?? {};
    assert.deepEqual([subject, subjectIssuer], ['ci', 'corp']);
    assert.ok(!story?.decisions[0]?.lacked.includes('subject'));

    const [url = ''] = answer.body.urls;
    const later = await issuer.token();
    assert.equal((await send('GET', `${url}?wait=30s`, later)).status, 200, 'the same subject, by another token');
    assert.equal((await send('GET', '/v1/changes', later)).status, 403);
  });

  it('answers the same change when a request is sent again, also after a restart, and refuses the token for another', async () => {
    const token = await issuer.token();
    const first = await send('POST', '/v1/reconciles', token, body);
    const again = await Promise.all([1, 2, 3].map(() => send('POST', '/v1/reconciles', token, body)));
    assert.deepEqual(new Set(again.map(({ body: { urls } }) => urls[0])), new Set(first.body.urls));
    const other = await send('POST', '/v1/reconciles', token, { ...body, force: false });
    assert.deepEqual([other.status, other.body.code], [401, 'UNAUTHENTICATED']);
    assert.match(log, /"reason":"replayed"/);

    await server.close();
    server = await startServer({
      configPath: world.configPath,
      env: {},
      stderr: { write: () => true },
      signal: new AbortController().signal,
    });
    assert.deepEqual((await send('POST', '/v1/reconciles', token, body)).body.urls, first.body.urls);
    await server.close();
    server = await startServer({
      configPath: world.configPath,
      env: {},
      stderr: { write: () => true },
      signal: new AbortController().signal,
    });
    assert.equal((await send('POST', '/v1/reconciles', token, { ...body, force: false })).status, 401);
  });

  it('goes on when the provider rotates its keys, and no longer takes the old one', async () => {
    const old = await issuer.token();
    assert.equal((await send('POST', '/v1/explain', old, question)).status, 200);
    await issuer.rotate('second');
    assert.equal((await send('POST', '/v1/explain', await issuer.token(), question)).status, 200);
    assert.equal((await send('POST', '/v1/explain', old, question)).status, 401);
  });

  const question = { repository: 'org/app', ref: 'refs/heads/main' };

  it('is denied by policy like anybody', async () => {
    const file = join(world.directory, 'policies/apps.yaml');
    const before = readFileSync(file, 'utf8');
    await server.close();
    writeFileSync(file, before.replace('org/app', 'org/other'));
    server = await startServer({
      configPath: world.configPath,
      env: {},
      stderr: { write: () => true },
      signal: new AbortController().signal,
    });
    try {
      for (;;) {
        const answer = await send('POST', '/v1/reconciles', await issuer.token(), body);
        if (answer.status === 503) continue; // the cluster has not answered yet
        assert.deepEqual([answer.status, answer.body.code], [403, 'DENIED'], JSON.stringify(answer.body));
        assert.equal(answer.body.urls.length, 1);
        break;
      }
    } finally {
      writeFileSync(file, before);
    }
  });

  it('says nothing but 401 to what it does not believe, and why in its log and metrics', async () => {
    const token = await issuer.token();
    const answers = await Promise.all(
      [`${token}x`, token.slice(0, -4), 'nonsense', `${token.split('.')[0]}.e30.${token.split('.')[2]}`].map((bad) =>
        send('POST', '/v1/reconciles', bad, body),
      ),
    );
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    assert.equal(answers[0]?.status, 401);
    assert.match(log, /"reason":"unknown-issuer".*"msg":"a token was refused"/);
    assert.ok(!log.includes(token.split('.')[2] ?? token), 'no token in the log');
    const metrics = await (await fetch(`${server.metrics.url}/metrics`)).text();
    assert.match(metrics, /headgate_identity_verifications_total\{issuer="unknown",outcome="malformed"\} \d/);
  });
});
