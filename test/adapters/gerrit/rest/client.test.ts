import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { createGerritClient, present, type GerritClient, type GerritClientOptions } from '#adapters/gerrit/rest/client.ts';
import { accountPath, branchPath, changeId, changePath, projectPath, query, tagPath } from '#adapters/gerrit/rest/paths.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { json, startReplay, type Replay } from './replay.ts';

/** Waits a hundredth of what it is asked for. */
const hasty: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 100, task) };
const Branch = z.object({ ref: z.string(), revision: z.string() });
const MAIN = '/projects/demo%2Fapp2/branches/refs%2Fheads%2Fmain';

describe("a client of Gerrit's REST API", () => {
  let gerrit: Replay;
  let token: string;

  beforeEach(async () => {
    gerrit = await startReplay();
    token = 'first';
  });
  afterEach(() => gerrit.stop());

  const open = (options: Partial<GerritClientOptions> = {}): GerritClient =>
    createGerritClient({
      source: 'review',
      url: gerrit.url,
      user: 'headgate',
      token: () => Buffer.from(token),
      clock: systemClock,
      env: {},
      ...options,
    });
  const main = (client = open()) => client.get(Branch, branchPath('demo/app2', 'refs/heads/main'));

  it('asks below /a with one encoded segment for a project and a ref, and takes the first line off what comes', async () => {
    gerrit.on(`GET /a${MAIN}`, 'branch-main');
    assert.deepEqual(await main(), { data: { ref: 'refs/heads/main', revision: '779ebac6108871efe66a76f26b535fbf2284a0f8' } });
    gerrit.on('GET /a/config/server/version', 'version');
    assert.deepEqual(await open({ url: `${gerrit.url}/` }).get(z.string(), '/config/server/version'), { data: '3.14.2' });
  });

  it('takes off that line alone, and once', async () => {
    gerrit.on('GET /a/x', { status: 200, body: `)]}'\n")]}'\\n"` });
    assert.deepEqual(await open().get(z.string(), '/x'), { data: ")]}'\n" });
    gerrit.on('GET /a/y', { status: 200, body: `"without"` });
    assert.deepEqual(await open().get(z.string(), '/y'), { data: 'without' });
  });

  for (const [name, status, message] of [
    ['branch-missing', 404, 'Not found: nope'],
    ['branch-hidden', 404, 'Not found: locked'],
    ['err-400-option', 400, '"BOGUS" is not a valid value for "-o"'],
    ['err-403-submit-by-bot', 403, 'submit not permitted'],
    ['err-404-inactive-account', 404, /^Account 'bot' only matches inactive accounts\. .*bot@example\.com>$/],
    ['err-404-change', 404, 'Not found: 99999'],
    ['err-404-endpoint', 404, 'Not Found'],
    ['err-409-submit-merged', 409, 'change is merged'],
  ] as const) {
    it(`hands back what Gerrit says of ${name}, once`, async () => {
      gerrit.on('GET /a/x', name);
      const found = await open().get(z.unknown(), '/x');
      assert.ok('missing' in found);
      assert.equal(found.missing.status, status);
      if (typeof message === 'string') assert.equal(found.missing.message, message);
      else assert.match(found.missing.message, message);
      assert.equal(gerrit.asked.length, 1);
      assert.throws(() => present(found, 'x'), { code: 'SOURCE_REFUSED' });
    });
  }

  it('says of a 401 that the token is wrong or has expired, and asks no second time', async () => {
    gerrit.on(`GET /a${MAIN}`, 'err-401-badpw');
    await assert.rejects(main(), { code: 'SOURCE_REFUSED', message: /credentials of headgate: the token is wrong, has expired/ });
    assert.equal(gerrit.asked.length, 1);
  });

  it('sends the token that is there at that moment, and nothing without one', async () => {
    gerrit.on(`GET /a${MAIN}`, 'branch-main');
    const client = open();
    await main(client);
    token = 'sëcond';
    await main(client);
    const sent = gerrit.asked.map(({ authorization }) => Buffer.from(authorization?.slice(6) ?? '', 'base64').toString('utf8'));
    assert.deepEqual(sent, ['headgate:first', 'headgate:sëcond']);
    const none = open({
      token: () => {
        throw new HeadgateError('SECRET_UNAVAILABLE', 'file /run/token: is not there');
      },
    });
    await assert.rejects(main(none), { code: 'SOURCE_REFUSED', message: /run\/token: is not there/ });
    assert.equal(gerrit.asked.length, 2);
  });

  it('reads again after 5xx and an answer that is cut short, a few times, and tells of every answer', async () => {
    const codes: string[] = [];
    let asked = 0;
    gerrit.on(`GET /a${MAIN}`, (_, response) => {
      asked += 1;
      if (asked === 1) return { status: 503, body: 'Service Unavailable' };
      if (asked > 2) return json({ ref: 'refs/heads/main', revision: '1' });
      response.writeHead(200, { 'content-length': '100' }).write(")]}'\n");
      setImmediate(() => response.destroy());
      return undefined;
    });
    const client = open({ clock: hasty, onAnswer: (code) => void codes.push(code) });
    assert.deepEqual(await main(client), { data: { ref: 'refs/heads/main', revision: '1' } });
    assert.deepEqual(codes, ['503', 'error', '200']);
    gerrit.on(`GET /a${MAIN}`, { status: 500, body: 'Internal server error' });
    await assert.rejects(main(client), {
      code: 'SOURCE_UNREACHABLE',
      message: /GET \/projects\/demo%2Fapp2\/branches\/.*: it answers 500/,
    });
    assert.equal(gerrit.asked.length, 3 + limits.gerritRest.attempts);
  });

  it('never writes twice', async () => {
    gerrit.on('POST /a/x', { status: 503, body: 'Service Unavailable' });
    await assert.rejects(open().post(z.unknown(), '/x', {}), { code: 'SOURCE_UNREACHABLE' });
    assert.equal(gerrit.asked.length, 1);
  });

  it('writes JSON, and reads what comes of it', async () => {
    gerrit.on('POST /a/changes/demo%2Fapp2~21/revisions/current/review', 'review-post-merged-tag');
    const path = `${changePath('demo/app2', 21)}/revisions/current/review`;
    const found = await open().post(z.object({ ready: z.boolean().optional() }), path, { message: 'applied ✔' });
    assert.ok('data' in found);
    const [sent] = gerrit.asked;
    assert.equal(sent?.body, '{"message":"applied ✔"}');
    assert.equal(sent.headers['content-type'], 'application/json; charset=UTF-8');
    gerrit.on('DELETE /a/x', { status: 204 });
    assert.deepEqual(await open().delete('/x'), { data: undefined });
    gerrit.on('PUT /a/x', json({ id: 't' }, 201));
    assert.deepEqual(await open().put(z.object({ id: z.string() }), '/x', {}), { data: { id: 't' } });
  });

  it('reads bodies that are no JSON as they are', async () => {
    gerrit.on('GET /a/plugins/events-log/events/', { status: 200, headers: { 'content-type': 'text/html' }, body: '{"a":1}\n{"a":2}\n' });
    assert.deepEqual(await open().text('/plugins/events-log/events/?t1=x'), { data: '{"a":1}\n{"a":2}\n' });
  });

  it('asks nothing more until the moment that "too often" names', async () => {
    const clock = new SimulatedClock();
    for (const [status, headers, wait] of [
      [429, { 'retry-after': '90' }, 90_000],
      [503, { 'retry-after': '30' }, 30_000],
      [429, {}, limits.gerritRest.limitedDefault],
    ] as const) {
      const client = open({ clock });
      gerrit.on(`GET /a${MAIN}`, { status, headers, body: 'too often' });
      await assert.rejects(main(client), { code: 'SOURCE_LIMITED', retryAfter: wait });
      gerrit.on(`GET /a${MAIN}`, 'branch-main');
      const before = gerrit.asked.length;
      await clock.advance(wait - 1_000);
      await assert.rejects(main(client), { code: 'SOURCE_LIMITED', retryAfter: 1_000 });
      assert.equal(gerrit.asked.length, before);
      await clock.advance(1_000);
      assert.ok('data' in (await main(client)));
    }
  });

  it('is out of reach where something else answers, or what it says is not as documented', async () => {
    gerrit.on(`GET /a${MAIN}`, { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in</html>' });
    await assert.rejects(main(), { code: 'SOURCE_UNREACHABLE', message: /not JSON/ });
    gerrit.on(`GET /a${MAIN}`, json({ ref: 'refs/heads/main' }));
    await assert.rejects(main(), { code: 'SOURCE_UNREACHABLE', message: /not as documented: revision/ });
    await assert.rejects(open({ clock: hasty, url: 'http://127.0.0.1:1' }).get(Branch, MAIN), { code: 'SOURCE_UNREACHABLE' });
  });

  it('goes to no other host, whatever a redirect says', async () => {
    const other = await startReplay();
    try {
      other.on(`GET /a${MAIN}`, 'branch-main');
      for (const location of [`${other.url}/a${MAIN}`, `${gerrit.url}/login/`]) {
        gerrit.on(`GET /a${MAIN}`, { status: 302, headers: { location } });
        await assert.rejects(main(open({ clock: hasty })), { code: 'SOURCE_UNREACHABLE', message: /redirects away/ });
      }
      assert.equal(other.asked.length, 0);
    } finally {
      await other.stop();
    }
  });

  it('gives up on what never answers, and on what says more than it may', async () => {
    const bytes = limits.gerritRest.responseBytes + 1;
    gerrit.on('GET /a/slow', () => undefined);
    await assert.rejects(open({ clock: hasty }).get(z.unknown(), '/slow'), {
      code: 'SOURCE_UNREACHABLE',
      message: /no answer within 10000 ms/,
    });
    const bomb = gzipSync(Buffer.alloc(bytes, ' '));
    gerrit.on('GET /a/large', { status: 200, headers: { 'content-encoding': 'gzip' }, body: bomb });
    await assert.rejects(open({ clock: hasty }).get(z.unknown(), '/large'), { code: 'SOURCE_UNREACHABLE' });
  });

  it('reads again at once when the other side has closed a connection that was kept', async () => {
    gerrit.on(`GET /a${MAIN}`, 'branch-main');
    const codes: string[] = [];
    const client = open({ onAnswer: (code) => void codes.push(code) });
    await main(client);
    gerrit.on(`GET /a${MAIN}`, (_, response) => {
      gerrit.on(`GET /a${MAIN}`, 'branch-main');
      response.destroy();
      return undefined;
    });
    assert.ok('data' in (await main(client)));
    assert.deepEqual(codes, ['200', '200']);
  });

  it('gives up what it is at when the server stops', async () => {
    const stopping = new AbortController();
    gerrit.on('GET /a/slow', () => (stopping.abort(), undefined));
    const client = open({ clock: systemClock, stopping: stopping.signal });
    await assert.rejects(client.get(z.unknown(), '/slow'), { code: 'SOURCE_UNREACHABLE', message: /the server stops/ });
    await assert.rejects(client.get(z.unknown(), '/slow'), { code: 'SOURCE_UNREACHABLE', message: /the server stops/ });
    assert.equal(gerrit.asked.length, 1);
  });

  it('refuses names of projects that would lead elsewhere', () => {
    for (const project of ['', '..', '.', 'a/../b', 'a//b', '/a', 'a/', 'x'.repeat(256)])
      assert.throws(() => projectPath(project), { code: 'SOURCE_REFUSED' }, project);
    assert.equal(projectPath('a b/ü?#%2e'), '/projects/a%20b%2F%C3%BC%3F%23%252e');
  });

  it('names what it asks for percent-encoded', () => {
    assert.equal(changeId('org/app', 42), 'org%2Fapp~42');
    assert.equal(tagPath('org/app', 'refs/tags/v1+b'), '/projects/org%2Fapp/tags/refs%2Ftags%2Fv1%2Bb');
    assert.equal(accountPath('1000002'), '/accounts/1000002');
    assert.equal(query({ q: 'commit:1 OR commit:2', n: 5, o: ['A', 'B'] }), '?q=commit%3A1%20OR%20commit%3A2&n=5&o=A&o=B');
    assert.equal(query({}), '');
  });
});
