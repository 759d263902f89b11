import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type RunningServer } from '#server/main.ts';
import { startWorld, type World } from '../cli/world.ts';
import { CLIENT, LoginProvider } from '../identity/login-provider.ts';
import { AUDIENCE } from '../identity/signer.ts';
import { CookieJar, logInAs } from './cookie-jar.ts';

describe('a server where people log in at an OpenID provider', function () {
  this.timeout(60_000);
  let world: World;
  let provider: LoginProvider;
  let server: RunningServer;
  let jar: CookieJar;
  let log: string;

  before(async () => {
    provider = await LoginProvider.start();
    world = await startWorld();
    await world.server.close();
    writeFileSync(join(world.directory, 'login.secret'), CLIENT.secret, { mode: 0o600 });
    appendFileSync(
      world.configPath,
      `  identity:\n    audience: ${AUDIENCE}\n    issuers: [ { name: corp, url: "${provider.url}" } ]\n` +
        `    login: { issuer: corp, clientId: ${CLIENT.id}, clientSecret: { file: ./login.secret }, scopes: [ openid, profile, groups ], allow: [ { groups: [ sre ] } ] }\n`,
    );
  });
  after(async () => {
    await world.stop();
    await provider.stop();
  });
  beforeEach(async () => {
    jar = new CookieJar();
    log = '';
    await start();
    await provider.register(`${server.web.url}/login/callback`);
  });
  afterEach(() => server.close());

  async function start(): Promise<void> {
    const stderr = { write: (line: string) => (log += line) };
    server = await startServer({ configPath: world.configPath, env: {}, stderr, signal: new AbortController().signal });
  }

  const at = (path: string): string => `${server.web.url}${path}`;
  const startAt = (path: string): string => at(`/login/start?${new URLSearchParams({ return: path }).toString()}`);

  async function logIn(who = 'ada', path = '/changes'): Promise<Response> {
    return jar.send(await logInAs(jar, startAt(path), who));
  }

  async function csrf(): Promise<string> {
    return ((await (await jar.send(at('/v1/session'))).json()) as { csrf: string }).csrf;
  }

  it('sends whoever has no session to the issuer, and back to where they wanted to go', async () => {
    const refused = await jar.send(at('/changes?source=hub&watch=1'));
    assert.equal(refused.status, 401);
    assert.match(await refused.text(), /href="\/login\/start\?return=%2Fchanges%3Fsource%3Dhub">Log in with corp</);
    const back = await logIn('ada', '/changes?source=hub');
    assert.deepEqual([back.status, back.headers.get('location')], [303, '/changes?source=hub']);
    const page = await jar.send(at('/changes?source=hub'));
    assert.equal(page.status, 200);
    assert.match(await page.text(), /title="Ada Lovelace">Ada Lovelace</);
    assert.match(log, /"subject":"ada \(corp\)","remote":"127\.0\.0\.1","msg":"somebody logged in"/);
  });

  it('gives the browser no token, and nothing that it could read', async () => {
    await logIn();
    const cookies = jar.header(server.web.url);
    for (const secret of ['eyJ', 'ada', 'sre', CLIENT.secret]) {
      assert.ok(!cookies.includes(secret), secret);
      assert.ok(!Buffer.from(cookies, 'base64url').toString('latin1').includes(secret), secret);
    }
    assert.ok(!/eyJ[A-Za-z0-9_-]{10}/.test(log), 'no token in the log');
    for (const file of ['login.keys', 'operator.token']) assert.equal(statSync(join(world.directory, 'data', file)).mode & 0o777, 0o600);
  });

  it('lets nobody read whom the config does not name, although the issuer lets them in', async () => {
    const back = await logIn('eve');
    assert.equal(back.status, 403);
    assert.match(await back.text(), /LOGIN_REFUSED/);
    assert.equal((await jar.send(at('/changes'))).status, 401);
    assert.match(log, /"code":"LOGIN_REFUSED","reason":"eve of corp is nobody/);
    const counted = await (await fetch(`${server.metrics.url}/metrics`)).text();
    assert.match(counted, /^headgate_logins_total\{outcome="LOGIN_REFUSED"\} 1$/m);
  });

  it('lets them read the API, ask for reconciles as themselves, and nothing else', async () => {
    await logIn();
    assert.equal((await jar.send(at('/v1/changes'))).status, 200);
    const body = JSON.stringify({ cluster: 'prod', namespace: 'apps', kind: 'GitRepository', name: 'webapp', force: true });
    const headers = { 'content-type': 'application/json', origin: server.web.url, 'x-headgate-csrf': await csrf() };
    for (;;) {
      const ready = await fetch(`${server.health.url}/readyz?verbose`);
      if ((await ready.text()).includes('[+] cluster prod')) break;
    }
    const asked = await jar.send(at('/v1/reconciles?wait=30s'), { method: 'POST', headers, body });
    const answer = (await asked.json()) as { stories: { change: { subject: { sub: string; iss: string } } }[] };
    assert.equal(asked.status, 200, JSON.stringify(answer));
    assert.deepEqual([answer.stories[0]?.change.subject.sub, answer.stories[0]?.change.subject.iss], ['ada', provider.url]);
    for (const path of ['/v1/replays', '/v1/logins']) {
      const refused = await jar.send(at(path), { method: 'POST', headers, body: '{}' });
      assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [403, 'FORBIDDEN'], path);
    }
  });

  it('takes nothing that changes something from other sites', async () => {
    await logIn();
    const token = await csrf();
    const attempts: readonly Record<string, string>[] = [
      {},
      { 'x-headgate-csrf': token },
      { origin: server.web.url },
      { origin: 'https://evil.example', 'x-headgate-csrf': token },
      { origin: 'null', 'x-headgate-csrf': token },
      { origin: server.web.url, 'x-headgate-csrf': `${token}x` },
      { origin: server.web.url, 'x-headgate-csrf': token, 'sec-fetch-site': 'cross-site' },
    ];
    for (const more of attempts) {
      const headers = { 'content-type': 'application/json', ...more };
      const refused = await jar.send(at('/v1/reconciles'), { method: 'POST', headers, body: '{}' });
      assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [403, 'CROSS_SITE'], JSON.stringify(more));
      const stays = await jar.send(at('/logout'), { method: 'POST', headers: more, body: new URLSearchParams({ csrf: 'x' }) });
      assert.equal(stays.status, 403);
    }
    assert.equal((await jar.send(at('/changes'))).status, 200, 'nobody was logged out');
  });

  it('ends the session everywhere when they log out, also after a restart', async () => {
    await logIn();
    const stolen = jar.header(server.web.url);
    const out = await jar.send(at('/logout'), {
      method: 'POST',
      headers: { origin: server.web.url },
      body: new URLSearchParams({ csrf: await csrf() }),
    });
    assert.equal(out.status, 200);
    assert.match(await out.text(), new RegExp(`href="${provider.url}/session/end\\?client_id=headgate"`));
    assert.equal(jar.header(server.web.url), '', 'no cookie is left');
    assert.equal((await fetch(at('/v1/changes'), { headers: { cookie: stolen } })).status, 401);
    await server.close();
    await start();
    assert.equal((await fetch(at('/v1/changes'), { headers: { cookie: stolen } })).status, 401);
  });

  it('keeps sessions across a restart', async () => {
    await logIn();
    const cookie = jar.header(server.web.url);
    await server.close();
    await start();
    assert.equal((await fetch(at('/v1/changes'), { headers: { cookie } })).status, 200);
  });

  it('goes on when the issuer changes its keys', async () => {
    await logIn();
    await provider.rotate(`second-${log.length}`);
    jar = new CookieJar();
    assert.equal((await logIn()).status, 303);
  });

  it('runs while the issuer is away, and says so', async () => {
    await server.close();
    provider.goAway();
    await start();
    const refused = await jar.send(startAt('/'));
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /LOGIN_UNAVAILABLE/);
    assert.equal((await jar.send(at('/login'))).status, 200);
  });

  it('takes a callback once, in the browser that began it', async () => {
    const callback = await logInAs(jar, startAt('/'), 'ada');
    assert.equal((await new CookieJar().send(callback)).status, 400, 'another browser');
    const taken = jar.header(server.web.url);
    assert.equal((await jar.send(callback)).status, 303);
    const again = await jar.send(callback);
    assert.equal(again.status, 400, 'what it took along is gone');
    assert.match(await again.text(), /LOGIN_EXPIRED/);
    const replayed = await fetch(callback, { headers: { cookie: taken }, redirect: 'manual' });
    assert.equal(replayed.status, 401, 'and the issuer gives nothing for a used code');
    assert.deepEqual(
      replayed.headers.getSetCookie().filter((line) => line.startsWith('headgate_login')),
      [],
    );
  });

  it('gives a new session to each login, whatever cookie was there before', async () => {
    await logIn();
    const first = jar.header(server.web.url);
    assert.notEqual(first, '');
    await logIn();
    assert.notEqual(jar.header(server.web.url), first);
  });

  it('believes no error that comes without the state that it gave, and repeats nothing of one', async () => {
    await jar.follow(startAt('/'), /\/auth\?/);
    const forged = await jar.send(at('/login/callback?error=%3Cb%3Eevil&error_description=call+0800&state=guessed'));
    assert.equal(forged.status, 401);
    const text = await forged.text();
    assert.match(text, /LOGIN_FAILED/);
    assert.doesNotMatch(text, /evil|0800/);
  });

  it('says that whoever turned back did', async () => {
    const { url } = await jar.follow(startAt('/'), /\/auth\?/);
    const state = new URL(url).searchParams.get('state') ?? '';
    const iss = encodeURIComponent(provider.url);
    const turned = await jar.send(at(`/login/callback?error=access_denied&state=${state}&iss=${iss}`));
    assert.deepEqual([turned.status, /LOGIN_CANCELLED/.test(await turned.text())], [403, true]);
  });

  it('leaves the one-time address as it was, and lets whoever came by it log out', async () => {
    const token = readFileSync(join(world.directory, 'data/operator.token'), 'utf8').trim();
    const made = await fetch(at('/v1/logins'), { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    const { url } = (await made.json()) as { url: string };
    assert.equal((await jar.send(at(url))).status, 303);
    const page = await (await jar.send(at('/'))).text();
    const sent = new URLSearchParams({ csrf: /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '' });
    const stolen = jar.header(server.web.url);
    const out = await jar.send(at('/logout'), { method: 'POST', headers: { origin: server.web.url }, body: sent });
    assert.equal(out.status, 200);
    assert.equal((await fetch(at('/'), { headers: { cookie: stolen } })).status, 401);
  });
});
