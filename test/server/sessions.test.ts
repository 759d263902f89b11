import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { sessionCookie, Sessions } from '#server/sessions.ts';

describe('browser sessions', () => {
  let clock: SimulatedClock;
  let sessions: Sessions;
  beforeEach(() => {
    clock = new SimulatedClock();
    sessions = new Sessions(clock);
  });

  const cookieOf = (id: string | undefined): string => `other=1; headgate_session=${id}`;

  it('are opened by a code, once', () => {
    const code = sessions.createCode();
    const session = sessions.redeem(code);
    assert.equal(sessions.find(cookieOf(session)), session);
    assert.equal(sessions.redeem(code), undefined);
  });

  it('have ids and codes of 256 bits that differ', () => {
    const secrets = [sessions.createCode(), sessions.createCode(), sessions.redeem(sessions.createCode()) ?? ''];
    for (const secret of secrets) assert.equal(Buffer.from(secret, 'base64url').length, 32);
    assert.equal(new Set(secrets).size, 3);
  });

  it('are not opened by a code that is too old, nor by one that was never given', async () => {
    const code = sessions.createCode();
    await clock.advance(limits.login.codeAge);
    assert.equal(sessions.redeem(code), undefined);
    assert.equal(sessions.redeem(''), undefined);
  });

  it('end after twelve hours', async () => {
    const session = sessions.redeem(sessions.createCode());
    await clock.advance(limits.login.sessionAge - 1);
    assert.equal(sessions.find(cookieOf(session)), session);
    await clock.advance(1);
    assert.equal(sessions.find(cookieOf(session)), undefined);
  });

  it('are not opened by a code in the place of a session, nor by no cookie at all', () => {
    const code = sessions.createCode();
    for (const cookies of [undefined, '', 'headgate_session', 'headgate_session=', cookieOf(code), cookieOf('x')])
      assert.equal(sessions.find(cookies), undefined);
  });

  it('are bounded: the oldest code gives way', () => {
    const [first = '', ...rest] = Array.from({ length: limits.login.codes + 1 }, () => sessions.createCode());
    assert.equal(sessions.redeem(first), undefined);
    for (const code of rest) assert.notEqual(sessions.redeem(code), undefined);
  });

  it('can be ended before their time', () => {
    const [session = '', other] = [sessions.redeem(sessions.createCode()), sessions.redeem(sessions.createCode())];
    sessions.end(session);
    assert.equal(sessions.find(cookieOf(session)), undefined);
    assert.equal(sessions.find(cookieOf(other)), other);
  });

  it('travel in a cookie that scripts cannot read and other sites cannot use', () => {
    assert.equal(sessionCookie('x', false), 'headgate_session=x; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict');
    assert.match(sessionCookie('x', true), /; Secure$/);
    assert.match(sessionCookie('', true), /^headgate_session=; Max-Age=0;/);
  });
});
