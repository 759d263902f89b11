import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { hgReceiver, readHg } from '#adapters/hg/receive.ts';
import { rhodecodeSender } from '#adapters/hg/rhodecode/sender.ts';
import { anyRef, type Hint, type Received } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';

const secret = 'the-secret-of-the-rhodecode';
const next = 'the-secret-that-comes-next';
const [first, last, stable] = [
  'e4ece4a59998ec84e3062e0a584127c0a7963a2b',
  'ad2a8f345818de151335c30206d53e9ab8ce9be2',
  'acfc25764b8780b996f43fca5dcfca39a255bb50',
];

const repositoryAt: SourceAdapter['repositoryAt'] = (url) => /^https:\/\/hg\.example\.com\/(.+)$/.exec(url)?.[1];

function fixture(name: string, token = secret): Buffer {
  const text = readFileSync(new URL(`../../../fixtures/rhodecode/${name}.json`, import.meta.url), 'utf8');
  return Buffer.from(text.replace('{{secret}}', token));
}

interface Sent {
  readonly token: string | null;
  readonly event: Readonly<Record<string, unknown>>;
}

const pushed = JSON.parse(fixture('repo-push').toString('utf8')) as Sent;

/** The push with other fields in its event. */
function push(over: object, sent: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ ...pushed, event: { ...pushed.event, ...over }, ...sent }));
}

interface Sending {
  readonly body?: Buffer;
  readonly headers?: InboundRequest['headers'];
}

function request({ body = fixture('repo-push'), headers = {} }: Sending = {}): InboundRequest {
  const own = { 'content-type': ['application/json'], 'user-agent': ['python-requests/2.28.1'] };
  return { body, remote: '192.0.2.7', headers: { ...own, ...headers } };
}

function receiver(live: readonly string[] = [secret, next]): SourceAdapter['receive'] {
  const webhook = { secrets: [{ env: 'UNUSED' }], tokens: [] };
  return hgReceiver({ sender: rhodecodeSender, webhook, repositoryAt, clock: { now: () => 0 } }, () =>
    live.map((text) => Buffer.from(text)),
  );
}

function taken(sending: Sending = {}): Received {
  const received = receiver()(request(sending));
  assert.ok(!('unrecorded' in received));
  return received;
}

function hintOf(body: Buffer): Hint {
  const { reading } = taken({ body });
  assert.ok('hint' in reading, JSON.stringify(reading));
  return reading.hint;
}

function basic(credentials: string): InboundRequest['headers'] {
  return { authorization: [`Basic ${Buffer.from(credentials).toString('base64')}`] };
}

function refused(code: string, sending: Sending, message = /./, receive = receiver()): void {
  assert.throws(() => receive(request(sending)), { code, message });
}

describe('a webhook of RhodeCode', () => {
  it('says to look at a repository, who pushed, and what came on each branch', () => {
    const { deliveryId, event, headers, reading } = taken();
    assert.match(deliveryId, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual([event, headers], ['repo-push', { 'content-type': 'application/json', 'user-agent': 'python-requests/2.28.1' }]);
    assert.deepEqual(reading, {
      hint: {
        repository: 'team/infra',
        ref: anyRef,
        before: null,
        after: stable,
        commit: stable,
        action: 'updated',
        occurredAt: null,
        actors: [{ role: 'pusher', account: '7', name: 'jane', kind: 'unknown' }],
        brought: { first, heads: [last, stable], bookmarks: {} },
      },
    });
  });

  it('needs no changeset: bookmarks and phases move without one', () => {
    const { commit, brought } = hintOf(fixture('repo-push-without-changesets'));
    assert.deepEqual([commit, brought], [null, { first: null, heads: [], bookmarks: {} }]);
  });

  it('names no account for whoever is not logged in, and for RhodeCode itself', () => {
    const actors = (actor: unknown): unknown => hintOf(push({ actor })).actors;
    const nobody = { role: 'pusher', account: null, kind: 'unknown' };
    assert.deepEqual(actors({ user_id: 1, username: 'default' }), [{ ...nobody, name: 'default' }]);
    assert.deepEqual(actors({ user_id: '__SYSTEM_ID__', username: '__SYSTEM__' }), [{ ...nobody, name: '__SYSTEM__' }]);
    assert.deepEqual(actors(null), []);
  });

  it('is taken with a live token in its body, as password, or both, and never with a wrong one beside a good one', () => {
    taken({ body: fixture('repo-push', next) });
    for (const token of ['', null, undefined]) {
      taken({ body: push({}, { token }), headers: basic(`headgate:${secret}`) });
      refused('SIGNATURE_MISSING', { body: push({}, { token }) }, /^no token in the body, and no Basic credentials$/);
    }
    taken({ headers: basic(`:${next}`) });
    refused('SIGNATURE_INVALID', { headers: basic('headgate:wrong') }, /^the secret as the password is none of 2 live secret\(s\)$/);
    refused(
      'SIGNATURE_INVALID',
      { body: fixture('repo-push', 'wrong'), headers: basic(`headgate:${secret}`) },
      /^the secret in the body is none/,
    );
    for (const token of ['the', `${secret} `, secret.toUpperCase(), 'x'.repeat(secret.length)])
      refused('SIGNATURE_INVALID', { body: fixture('repo-push', token) });
    refused('SIGNATURE_INVALID', { headers: { authorization: ['Bearer x'] } });
    refused('HEADER_INVALID', { headers: { authorization: ['Basic eDp5', 'Basic eDp5'] } });
    refused('SIGNATURE_INVALID', {}, /none of 0 live/, receiver([]));
  });

  it('is kept without its token, whatever else it has', () => {
    const { body } = taken({ body: push({}, { more: ['kept'] }) });
    assert.ok(body);
    assert.deepEqual(JSON.parse(Buffer.from(body).toString('utf8')), { event: pushed.event, more: ['kept'] });
    for (const name of ['repo-push-without-changesets', 'repo-push-git', 'pullrequest-create'])
      assert.ok(!Buffer.from(taken({ body: fixture(name) }).body ?? 'no body').includes(secret), name);
  });

  it('is one delivery however often it is sent, also under the secret that comes next, and another one for each event', () => {
    const ids = (...bodies: readonly Buffer[]) => new Set(bodies.map((body) => taken({ body }).deliveryId)).size;
    assert.equal(ids(fixture('repo-push'), fixture('repo-push'), fixture('repo-push', next)), 1);
    assert.equal(ids(fixture('repo-push'), push({ utc_timestamp: '2026-11-20T09:12:52.001' })), 2);
  });

  it('is kept and ignored when it tells of no push, or of a repository of Git', () => {
    assert.deepEqual(taken({ body: fixture('pullrequest-create') }).reading, { ignored: 'event pullrequest-create is no push' });
    assert.deepEqual(taken({ body: fixture('repo-push-git') }).reading, { ignored: 'a repository of type git is none of Mercurial' });
  });

  it('is refused when its repository is none of the source', () => {
    for (const url of ['https://other.example.com/team/infra', `https://hg.example.com/${'x'.repeat(256)}`])
      refused('REPOSITORY_FOREIGN', { body: push({ repo: { repo_type: 'hg', url } }) });
  });

  it('is JSON of the known form', () => {
    refused('CONTENT_TYPE_UNSUPPORTED', { headers: { 'content-type': ['text/plain'] } }, /^RhodeCode sends application\/json$/);
    for (const text of ['{', '[]', 'null', '{"token":7}', `{"token":"${'x'.repeat(256)}"}`, '['.repeat(100_000)])
      refused('PAYLOAD_INVALID', { body: Buffer.from(text) });
    refused('PAYLOAD_INVALID', { body: Buffer.from(JSON.stringify({ token: secret })) }, /event/);
    const commits = (raw_id: unknown) => ({ push: { commits: [{ raw_id, branch: 'default' }] } });
    const wrong = [
      { name: 'a b' },
      { repo: { repo_type: 'hg' } },
      { actor: { user_id: 7 } },
      { actor: { user_id: 7, username: 'a\nb' } },
      { push: undefined },
      commits('tag=>v1'),
      commits('--config=alias.x=!id'),
    ];
    for (const over of wrong) refused('PAYLOAD_INVALID', { body: push(over) });
  });

  it('is bounded in what is kept of it for later', () => {
    const commits = Array.from({ length: limits.hgHook.heads + 5 }, (_, at) => ({
      raw_id: at.toString(16).padStart(40, '0'),
      branch: `b${at}`,
    }));
    assert.equal(hintOf(push({ push: { commits } })).brought?.heads.length, limits.hgHook.heads);
  });

  it('is never taken by chance, and fails with a code whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.option(fc.array(fc.string(), { maxLength: 2 }), { nil: undefined }), (token, authorization) => {
        const sent = { body: push({}, { token }), headers: { authorization } };
        assert.throws(() => receiver()(request(sent)), HeadgateError);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(pushed.event)), fc.jsonValue()), (over) => {
        try {
          const { reading } = taken({ body: push(over) });
          if ('hint' in reading) assert.match(reading.hint.commit ?? last, /^[0-9a-f]{40}$/);
        } catch (error) {
          assert.ok(error instanceof HeadgateError && error.code !== 'INTERNAL', String(error));
        }
      }),
    );
  });

  it('is read again as it was when it came', () => {
    const { body, reading } = taken();
    assert.ok(body);
    assert.deepEqual(readHg(rhodecodeSender, body, repositoryAt), reading);
  });
});
