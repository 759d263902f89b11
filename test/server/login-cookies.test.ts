import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { CookieKeys } from '#server/logins/cookie-keys.ts';
import { cookieOf, cookieParts, setCookie, setCookieParts } from '#server/logins/cookies.ts';
import { EndedSessions } from '#server/logins/ended-sessions.ts';
import { Logins, type LoginIssuer } from '#server/logins/logins.ts';
import { csrfOf } from '#server/logins/own-site.ts';
import { returnPath } from '#server/logins/return-path.ts';
import { seal, unseal } from '#server/logins/sealed.ts';

describe('what logins keep in cookies', () => {
  let directory: string;
  let clock: SimulatedClock;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-logins-'));
    clock = new SimulatedClock();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const keysAt = (): CookieKeys => new CookieKeys(join(directory, 'login.keys'), clock);
  const isUnavailable = (error: unknown): boolean => error instanceof HeadgateError && error.code === 'SECRET_UNAVAILABLE';

  describe('sealed values', () => {
    it('come back as they were, for their purpose alone', () => {
      const keys = keysAt();
      const sealed = seal(keys, 'session', { a: ['ß', 1] });
      assert.deepEqual(unseal(keys, 'session', sealed), { a: ['ß', 1] });
      assert.equal(unseal(keys, 'attempt', sealed), undefined);
      assert.notEqual(seal(keys, 'session', { a: ['ß', 1] }), sealed);
    });

    it('do not open when any part of them is changed', () => {
      const keys = keysAt();
      const sealed = seal(keys, 'session', { who: 'ada', groups: ['sre'] });
      for (let at = 0; at < sealed.length; at++) {
        const other = sealed[at] === 'A' ? 'B' : 'A';
        const changed = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`;
        // The last character may carry bits that base64url does not use: it then means the same bytes.
        const means = (text: string): string => Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('hex');
        if (at === sealed.length - 1 && means(changed) === means(sealed)) continue;
        assert.equal(unseal(keys, 'session', changed), undefined, `at ${at}`);
      }
    });

    it('are nothing when they are something else', () => {
      const keys = keysAt();
      const { id } = keys.newest();
      fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => unseal(keys, 'session', text) === undefined));
      fc.assert(fc.property(fc.base64String(), (text) => unseal(keys, 'session', `${id}.${text}`) === undefined));
      assert.equal(unseal(keys, 'session', seal(keys, 'session', 'x'.repeat(limits.login.sealedBytes))), undefined, 'a bomb');
    });
  });

  describe('the keys that seal', () => {
    it('are for their owner alone, and the same after a restart', () => {
      const sealed = seal(keysAt(), 'session', 1);
      chmodSync(join(directory, 'login.keys'), 0o644);
      assert.equal(unseal(keysAt(), 'session', sealed), 1);
      assert.equal(statSync(join(directory, 'login.keys')).mode & 0o777, 0o600);
    });

    it('are replaced after a week; the one before opens for as long as a session lives', async () => {
      const keys = keysAt();
      const sealed = seal(keys, 'session', 1);
      await clock.advance(limits.login.keyAge);
      const later = seal(keys, 'session', 2);
      assert.notEqual(later.split('.')[0], sealed.split('.')[0]);
      assert.equal(unseal(keys, 'session', sealed), 1);
      await clock.advance(limits.login.keyAge);
      keys.newest();
      assert.equal(unseal(keys, 'session', sealed), undefined);
      assert.equal(unseal(keysAt(), 'session', later), 2, 'the one before the newest');
    });

    it('keep a server from starting that cannot read them', () => {
      for (const text of ['', '{}', '[{"id":"short","key":"x","madeAt":1}]']) {
        writeFileSync(join(directory, 'login.keys'), text);
        assert.throws(keysAt, isUnavailable);
      }
    });
  });

  describe('sessions that were logged out', () => {
    const path = (): string => join(directory, 'login.ended');
    const endedAt = (): EndedSessions => new EndedSessions(path(), clock);

    it('stay so across a restart, and are forgotten when they would be over', async () => {
      const session = { id: 'one', begunAt: clock.now() };
      endedAt().end(session);
      assert.ok(endedAt().has(session));
      assert.ok(!endedAt().has({ id: 'two', begunAt: clock.now() }));
      assert.ok(!readFileSync(path(), 'utf8').includes('one'), 'a digest');
      await clock.advance(limits.login.sessionAge);
      const ended = endedAt();
      ended.end({ id: 'two', begunAt: clock.now() });
      assert.ok(!ended.has(session));
    });

    it('are bounded: past that everything ends that was begun before', async () => {
      const listed = Array.from({ length: limits.login.endedSessions }, (_, index) => [`d${index}`, Number.MAX_SAFE_INTEGER]);
      writeFileSync(path(), JSON.stringify({ allBefore: 0, ended: listed }));
      const other = { id: 'other', begunAt: clock.now() };
      const ended = endedAt();
      assert.ok(!ended.has(other));
      ended.end({ id: 'one more', begunAt: clock.now() });
      assert.ok(ended.has(other));
      await clock.advance(1);
      assert.ok(!ended.has({ id: 'later', begunAt: clock.now() }));
    });

    it('keep a server from starting that cannot tell which they are', () => {
      writeFileSync(path(), 'x');
      assert.throws(endedAt, isUnavailable);
      assert.ok(existsSync(path()));
    });
  });

  describe('cookies', () => {
    it('are for this host alone where there is https', () => {
      assert.equal(setCookie('a', 'x', { secure: true, age: 5_000 }), '__Host-a=x; Max-Age=5; Path=/; HttpOnly; SameSite=Lax; Secure');
      assert.equal(setCookie('a', 'x', { secure: false, age: 5_000 }), 'a=x; Max-Age=5; Path=/; HttpOnly; SameSite=Lax');
      assert.equal(cookieOf('a=1; __Host-a=2', 'a', true), '2');
      assert.equal(cookieOf('a=1', 'a', true), undefined);
    });

    it('that are there twice are none: one of them may be somebody else’s', () => {
      assert.equal(cookieOf('a=1; b=2; a=1', 'a', false), undefined);
    });

    it('carry long values in parts, and remove what an earlier value had more', () => {
      const long = 'x'.repeat(limits.login.cookieChars + 1);
      const set = setCookieParts('a', long, { secure: false, age: 1_000 }) ?? [];
      assert.deepEqual(
        set.map((line) => /Max-Age=(\d+)/.exec(line)?.[1]),
        ['1', '1', '0'],
      );
      assert.equal(cookieParts(set.map((line) => line.split(';')[0]).join('; '), 'a', false), long);
      assert.equal(
        setCookieParts('a', 'x'.repeat(limits.login.cookieChars * limits.login.cookieParts + 1), { secure: false, age: 1 }),
        undefined,
      );
    });
  });

  describe('a session', () => {
    let admits: boolean;
    let logins: Logins;
    beforeEach(() => {
      admits = true;
      logins = loginsWith({});
    });

    const issuerOf = (claims: Record<string, unknown>): LoginIssuer => ({
      issuer: 'corp',
      begin: () => Promise.resolve({ url: 'https://login.example.com/auth', attempt: { state: 's', nonce: 'n', verifier: 'v' } }),
      finish: () => Promise.resolve({ issuer: 'corp', iss: 'https://login.example.com', sub: 'ada', claims: { nonce: 'n', ...claims } }),
      admits: () => admits,
      endUrl: () => Promise.resolve(null),
    });

    function loginsWith(claims: Record<string, unknown>): Logins {
      const ended = new EndedSessions(join(directory, 'login.ended'), clock);
      return new Logins({ issuer: issuerOf(claims), keys: keysAt(), ended, clock, url: 'https://headgate.example.com' });
    }

    const sent = (lines: readonly string[]): string => lines.map((line) => line.split(';')[0]).join('; ');

    async function begin(): Promise<{ cookie: string; attempt: string }> {
      const { cookie } = await logins.begin('/changes');
      const { cookies } = await logins.finish('?code=1', sent([cookie]));
      return { cookie: sent(cookies), attempt: sent([cookie]) };
    }

    it('ends after twelve hours, however much it is used', async () => {
      let { cookie } = await begin();
      for (let spent = 0; spent + limits.login.idleNoted < limits.login.sessionAge; spent += limits.login.idleNoted) {
        await clock.advance(limits.login.idleNoted);
        const session = logins.read(cookie);
        assert.ok(session, `after ${spent}`);
        cookie = sent(logins.noted(session));
      }
      await clock.advance(limits.login.idleNoted);
      assert.equal(logins.read(cookie), undefined);
    });

    it('ends when it is not used for two hours', async () => {
      const { cookie } = await begin();
      await clock.advance(limits.login.idleAge - 1);
      assert.ok(logins.read(cookie));
      await clock.advance(1);
      assert.equal(logins.read(cookie), undefined);
    });

    it('ends when the config no longer lets its subject read', async () => {
      const { cookie } = await begin();
      admits = false;
      assert.equal(logins.read(cookie), undefined);
    });

    it('is not opened by what was taken along to the issuer, nor the other way round', async () => {
      const { cookie, attempt } = await begin();
      const value = attempt.slice(attempt.indexOf('=') + 1);
      assert.equal(logins.read(`__Host-headgate_login_0=${value}`), undefined);
      const session = cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';'));
      await assert.rejects(logins.finish('?code=1', `__Host-headgate_attempt=${session}`), { code: 'LOGIN_EXPIRED' });
    });

    it('is not begun by an attempt of more than ten minutes ago', async () => {
      const { cookie } = await logins.begin('/');
      await clock.advance(limits.login.attemptAge);
      await assert.rejects(logins.finish('?code=1', sent([cookie])), { code: 'LOGIN_EXPIRED' });
    });

    it('keeps the claims but those of one token, in several cookies where there are many', async () => {
      const groups = Array.from({ length: 150 }, (_, index) => `${index}-${csrfOf(String(index))}`);
      logins = loginsWith({ groups });
      const { cookie } = await begin();
      assert.ok(cookie.length > limits.login.cookieChars);
      assert.deepEqual(logins.read(cookie)?.subject.claims, { groups });
    });

    it('is refused to whoever has more claims than fit', async () => {
      logins = loginsWith({ groups: Array.from({ length: 600 }, (_, index) => csrfOf(String(index))) });
      await assert.rejects(begin(), { code: 'LOGIN_TOO_LARGE' });
    });
  });
});

describe('where somebody goes after logging in', () => {
  for (const own of ['/', '/changes', '/changes?source=hub&ref=refs%2Fheads%2Fmain', '/deliveries/dlv_1'])
    it(`may be ${own}`, () => assert.equal(returnPath(own), own));

  const foreign = [
    ...[
      '//evil.example',
      '///evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      '/.//evil.example',
      '/..//evil.example',
      '/%5cevil.example',
    ],
    ...['https://evil.example', 'javascript:alert(1)', '/\t/evil.example', '/\n/evil.example', ' /changes', 'changes', '', '/ü'],
    ...['/login', '/login/start?return=/', '/logout', '/v1/changes', '/assets/x', `/${'x'.repeat(limits.login.returnChars)}`],
  ];
  for (const path of foreign)
    it(`is the overview instead of ${JSON.stringify(path.slice(0, 40))}`, () => assert.equal(returnPath(path), '/'));

  it('stays here whatever is asked for', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `/${text}`),
          fc.webUrl(),
        ),
        (asked) => {
          const path = returnPath(asked);
          assert.equal(new URL(path, 'https://headgate.example.com').origin, 'https://headgate.example.com');
          assert.ok(path.startsWith('/') && !path.startsWith('//'));
        },
      ),
    );
  });

  it('is the page, not its stream', () => assert.equal(returnPath('/changes?source=a&watch=1'), '/changes?source=a'));
});
