import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { HgBackEnd } from '#adapters/hg/back-end.ts';
import { createHgwebBackEnd } from '#adapters/hg/web/back-end.ts';
import type { HgwebOptions } from '#adapters/hg/web/client.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { entry, found, startStandIn, wire, type StandIn } from './hgweb-stand-in.ts';

const one = '1'.repeat(40);
const two = '2'.repeat(40);
/** Waits a hundredth of what it is asked for. */
const hasty: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 100, task) };

describe('hgweb that answers otherwise than it should', () => {
  let host: StandIn;

  beforeEach(async () => {
    host = await startStandIn();
    host.answers.set('known', wire('1'));
    host.answers.set('branchmap', wire(`default ${one}\n`));
    host.answers.set('listkeys', wire(''));
    host.answers.set(
      'json-log',
      found(() => [entry(one)]),
    );
  });
  afterEach(() => host.stop());

  const open = (options: Partial<HgwebOptions> = {}): HgBackEnd =>
    createHgwebBackEnd({ source: 'hg', url: host.url, clock: systemClock, env: {}, ...options });

  const rejection = async (asked: Promise<unknown>): Promise<HeadgateError> => {
    try {
      await asked;
    } catch (error) {
      if (error instanceof HeadgateError) return error;
      throw error;
    }
    return assert.fail('it answers');
  };

  it('is refused with what to set where it answers in HTML, because its json templates are missing', async () => {
    host.answers.set('json-log', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
    const { code, message, hint } = await rejection(open().names('infra'));
    assert.equal(code, 'SOURCE_REFUSED');
    assert.match(message, /json-log of infra with text\/html, not in JSON/);
    assert.match(hint, /templates/);
  });

  it('is refused where something else answers for it', async () => {
    host.answers.set('branchmap', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('Log in'));
    assert.match((await rejection(open().names('infra'))).message, /is not Mercurial/);
    host.answers.set('branchmap', wire('default main\n'));
    assert.equal((await rejection(open().names('infra'))).code, 'SOURCE_REFUSED');
  });

  it('is refused where its search finds nothing by revset, rather than taken to have nothing', async () => {
    host.answers.set(
      'json-log',
      found(() => []),
    );
    const questions = [() => open().changeset('infra', one), () => open().isAncestor('infra', one, one), () => open().names('infra')];
    for (const ask of questions) assert.equal((await rejection(ask())).code, 'SOURCE_REFUSED');
    host.answers.set('known', wire('0'));
    assert.equal(await open().changeset('infra', one), null);
  });

  it('is not believed when it answers another search than was asked for', async () => {
    host.answers.set('json-log', (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ query: 'tip', entries: [entry(one)] })),
    );
    const { code, message } = await rejection(open().changeset('infra', one));
    assert.equal(code, 'SOURCE_UNREACHABLE');
    assert.match(message, /another question/);
  });

  it('is asked by searches that nobody can have written beforehand', async () => {
    const revsets: string[] = [];
    host.answers.set(
      'json-log',
      found((revset) => (revsets.push(revset), [entry(one)])),
    );
    await open().changeset('infra', one);
    await open().changeset('infra', one);
    assert.equal(new Set(revsets).size, 2);
    for (const revset of revsets) assert.match(revset, /^sort\(\(id\(1{40}\) - obsolete\(\)\) \| id\([0-9a-f]{40}\), rev\)$/);
  });

  it('has a draft that it does not say to be free of obsolescence taken for obsolete', async () => {
    const draft = entry(two, { phase: 'draft', parents: [one] });
    host.answers.set(
      'json-log',
      found((revset) => (revset.includes('obsolete()') ? [] : [draft, entry(one)])),
    );
    host.answers.set('archive', archive(gzipSync(Buffer.alloc(1024))));
    const range = await open().range('infra', one, two);
    assert.deepEqual(
      range.commits.map(({ node, obsolete }) => [node, obsolete]),
      [[two, true]],
    );
  });

  it('is looked at twice before a head that is neither open nor closed is refused', async () => {
    host.answers.set('branchmap', wire(`default ${one} ${two}\n`));
    host.answers.set(
      'json-log',
      found((revset) => (revset.includes('& closed()') ? [] : [entry(one)])),
    );
    assert.match((await rejection(open().names('infra'))).message, /which heads of infra are closed/);
    assert.equal(host.asked.filter((command) => command === 'branchmap').length, 2);
  });

  it('is refused with what to set where it makes no archives', async () => {
    host.answers.set('archive', (response) => response.writeHead(403, 'Archive type not allowed').end('Archive type not allowed: gz'));
    const { code, hint } = await rejection(open().archive('infra', one, ''));
    assert.equal(code, 'SOURCE_REFUSED');
    assert.match(hint, /allow-archive = gz/);
  });

  it('is not taken to have no file where it finds no archive, unless it says so itself', async () => {
    const none = { node: one, abspath: '/', directories: [], files: [] };
    const said: readonly [object | undefined, boolean][] = [
      [undefined, false],
      [{ ...none, node: two }, false],
      [{ ...none, abspath: '/app/' }, false],
      [{ ...none, files: [{ abspath: 'a' }] }, false],
      [none, true],
    ];
    for (const [answer, isBelieved] of said) {
      if (answer)
        host.answers.set('json-manifest', (response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
        );
      if (isBelieved) assert.deepEqual(await open().files('infra', one, ''), []);
      else assert.equal((await rejection(open().files('infra', one, ''))).code, 'SOURCE_REFUSED', JSON.stringify(answer));
    }
  });

  it('is out of reach while an archive is read that breaks off, or is none', async () => {
    const whole = gzipSync(Buffer.from('x'.repeat(100_000) + Math.PI), { level: 0 });
    for (const body of [whole.subarray(0, 50_000), Buffer.from('no archive')]) {
      host.answers.set('archive', archive(body));
      const { tar } = await open().archive('infra', one, '');
      assert.equal((await rejection(drained(tar))).code, 'SOURCE_UNREACHABLE');
      assert.equal((await rejection(open().files('infra', one, ''))).code, 'SOURCE_UNREACHABLE');
    }
  });

  it('has its redirects named, and not followed', async () => {
    host.answers.set('branchmap', (response) => response.writeHead(302, { location: 'https://login.example.com/' }).end());
    const { code, message } = await rejection(open().names('infra'));
    assert.equal(code, 'SOURCE_REFUSED');
    assert.match(message, /redirects infra\?cmd=branchmap to https:\/\/login\.example\.com\//);
  });

  it('is asked again after an answer that may pass, and a few times only', async () => {
    let answers = 0;
    host.answers.set('branchmap', (response) =>
      answers++ === 0 ? void response.writeHead(502).end() : wire(`default ${one}\n`)(response),
    );
    assert.deepEqual([...(await open().names('infra')).branches], [['default', [one]]]);
    host.answers.set('branchmap', (response) => response.writeHead(502).end());
    host.asked.length = 0;
    assert.equal((await rejection(open().names('infra'))).code, 'SOURCE_UNREACHABLE');
    assert.equal(host.asked.filter((command) => command === 'branchmap').length, limits.hgweb.retry.attempts);
  });

  it('is left alone while it says that it was asked too often', async () => {
    const backEnd = open();
    host.answers.set('known', (response) => response.writeHead(429, { 'retry-after': '30' }).end());
    const { code, retryAfter } = await rejection(backEnd.file('infra', one, 'a'));
    assert.equal(code, 'SOURCE_LIMITED');
    assert.ok((retryAfter ?? 0) > 0);
    assert.equal((await rejection(backEnd.file('infra', one, 'a'))).code, 'SOURCE_LIMITED');
    assert.deepEqual(host.asked, ['known']);
  });

  it('is shown the password as it is now, and refused with what to set when it is wrong', async () => {
    const shown: (string | undefined)[] = [];
    host.answers.set('branchmap', (response, _, { headers }) => {
      shown.push(headers.authorization);
      wire(`default ${one}\n`)(response);
    });
    let password = 'first';
    const backEnd = open({ user: 'reader', password: () => Buffer.from(password) });
    await backEnd.names('infra');
    password = 'sécond';
    await backEnd.names('infra');
    assert.deepEqual(
      shown.map((header) => Buffer.from(header?.slice('Basic '.length) ?? '', 'base64').toString()),
      ['reader:first', 'reader:sécond'],
    );
    host.answers.set('branchmap', (response) => response.writeHead(401).end());
    const { code, hint } = await rejection(backEnd.names('infra'));
    assert.equal(code, 'SOURCE_REFUSED');
    assert.match(hint, /spec\.sources\[\]\.web\.user/);
  });

  it('has answers that are too large given up, whatever they say of their length', async () => {
    host.answers.set('branchmap', (response) => {
      response.writeHead(200, { 'content-type': 'application/mercurial-0.1' });
      const more = (): void => void (response.destroyed || response.write('x'.repeat(1024 * 1024), () => more()));
      more();
    });
    assert.equal((await rejection(open().names('infra'))).code, 'CONTENT_TOO_LARGE');
  });

  it('is out of reach when it does not answer in time', async () => {
    host.answers.set('branchmap', () => {});
    const { code, message } = await rejection(open({ clock: hasty }).names('infra'));
    assert.equal(code, 'SOURCE_UNREACHABLE');
    assert.match(message, /no answer within/);
  });

  it('is given up when the server stops, and asked nothing more', async () => {
    const stopping = new AbortController();
    host.answers.set('known', () => stopping.abort());
    assert.equal((await rejection(open({ stopping: stopping.signal }).file('infra', one, 'a'))).code, 'SOURCE_UNREACHABLE');
    assert.deepEqual(host.asked, ['known']);
  });

  it('has every answer counted', async () => {
    const counted: string[] = [];
    await open({ onAnswer: (code) => counted.push(code) }).changeset('infra', one);
    assert.deepEqual(counted, ['200']);
  });
});

function archive(body: Buffer) {
  return (response: ServerResponse, query: URLSearchParams): void => {
    const name = `infra-${query.get('node') ?? ''}.tar.gz`;
    response.writeHead(200, { 'content-type': 'application/x-gzip', 'content-disposition': `attachment; filename=${name}` }).end(body);
  };
}

async function drained(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}
