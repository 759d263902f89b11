import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { heptapodSender } from '#adapters/hg/heptapod/sender.ts';
import { hgReceiver, readHg } from '#adapters/hg/receive.ts';
import { anyRef, type Hint, type Received } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';

const secret = 'the-secret-of-the-heptapod';
const next = 'the-secret-that-comes-next';
const now = Date.UTC(2026, 10, 22, 2, 0, 0);
const id = '0b6ab8ee-5cf7-4c3a-9a2c-7ad0f5a3c111';
const head = 'e4ece4a59998ec84e3062e0a584127c0a7963a2b';

const repositoryAt: SourceAdapter['repositoryAt'] = (url) => /^https:\/\/hg\.example\.com\/(.+)$/.exec(url)?.[1];

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../fixtures/heptapod/${name}.json`, import.meta.url));
}

const pushed = JSON.parse(fixture('push-branch').toString('utf8')) as object;

interface Sending {
  readonly body?: Buffer;
  readonly headers?: InboundRequest['headers'];
}

function request({ body = fixture('push-branch'), headers = {} }: Sending = {}): InboundRequest {
  return {
    body,
    remote: '192.0.2.7',
    headers: {
      'content-type': ['application/json'],
      'user-agent': ['GitLab/17.6.1'],
      'x-gitlab-event': ['Push Hook'],
      'x-gitlab-event-uuid': ['13792a34-cac6-4fda-95a8-c58e00a3954e'],
      'x-gitlab-token': [secret],
      'idempotency-key': [id],
      ...headers,
    },
  };
}

/** What GitLab sends where a signing token is set. */
function signed(key: string, body: Buffer = fixture('push-branch'), at = now): InboundRequest['headers'] {
  const seconds = String(Math.floor(at / 1_000));
  const mac = createHmac('sha256', key).update(Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]));
  const headers = { 'webhook-id': [id], 'webhook-timestamp': [seconds], 'webhook-signature': [`v1,${mac.digest('base64')}`] };
  return { 'x-gitlab-token': undefined, ...headers };
}

function receiver(live: readonly string[] = [secret, next]): SourceAdapter['receive'] {
  const webhook = { secrets: [{ env: 'UNUSED' }], tokens: [] };
  return hgReceiver({ sender: heptapodSender, webhook, repositoryAt, clock: { now: () => now } }, () =>
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

function refused(code: string, sending: Sending, message = /./, receive = receiver()): void {
  assert.throws(() => receive(request(sending)), { code, message });
}

describe('a webhook of Heptapod', () => {
  it('says to look at a repository, who pushed, and where the push has left the branch', () => {
    assert.deepEqual(taken(), {
      deliveryId: id,
      event: 'push',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'GitLab/17.6.1',
        'x-gitlab-event': 'Push Hook',
        'x-gitlab-event-uuid': '13792a34-cac6-4fda-95a8-c58e00a3954e',
      },
      reading: {
        hint: {
          repository: 'team/infra',
          ref: anyRef,
          before: null,
          after: head,
          commit: head,
          action: 'updated',
          occurredAt: null,
          actors: [{ role: 'pusher', account: '7', name: 'jane', kind: 'unknown' }],
          brought: { first: null, heads: [head], bookmarks: {} },
        },
      },
    });
  });

  it('is believed about nodes of Mercurial, not about those of the Git inside', () => {
    const { commit, brought } = hintOf(fixture('push-branch-hg-git'));
    assert.deepEqual([commit, brought?.heads], [head, [head]]);
    const { hg_after: _, ...native } = pushed as { hg_after: string };
    assert.equal(hintOf(Buffer.from(JSON.stringify(native))).commit, head);
  });

  it('says nothing of whose push a changeset came by where it moves a topic or a tag: those may be of anything', () => {
    for (const name of ['push-topic', 'topic-gone', 'tag-push']) {
      const { commit, brought, actors } = hintOf(fixture(name));
      assert.deepEqual([commit, brought?.heads, actors.length], [null, [], 1], name);
    }
    for (const ref of [
      'refs/heads/wild/e4ece4a59998',
      'refs/heads/prod',
      'refs/heads/branchdefault',
      'refs/tags/branch/default',
      'branch/default',
    ])
      assert.equal(hintOf(Buffer.from(JSON.stringify({ ...pushed, ref }))).commit, null, ref);
  });

  it('is read of a system hook, too', () => {
    const { event, reading } = taken({ body: fixture('system-push'), headers: { 'x-gitlab-event': ['System Hook'] } });
    assert.deepEqual([event, 'hint' in reading && reading.hint.repository], ['push', 'team/infra']);
  });

  it('names no account where it names none, and the number where the name is missing', () => {
    const actors = (over: object): unknown => hintOf(Buffer.from(JSON.stringify({ ...pushed, ...over }))).actors;
    assert.deepEqual(actors({ user_id: null }), []);
    assert.deepEqual(actors({ user_username: null }), [{ role: 'pusher', account: '7', name: '7', kind: 'unknown' }]);
  });

  it('is taken under each live token, and refused under none, another one and several', () => {
    taken({ headers: { 'x-gitlab-token': [next] } });
    refused('SIGNATURE_MISSING', { headers: { 'x-gitlab-token': undefined } }, /^no x-gitlab-token header, and no webhook-signature$/);
    for (const token of ['', 'the', `${secret} `, secret.toUpperCase(), 'x'.repeat(secret.length)])
      refused(
        'SIGNATURE_INVALID',
        { headers: { 'x-gitlab-token': [token] } },
        /^the secret in x-gitlab-token is none of 2 live secret\(s\)$/,
      );
    refused('SIGNATURE_INVALID', {}, /none of 0 live/, receiver([]));
    refused('HEADER_INVALID', { headers: { 'x-gitlab-token': [secret, secret] } });
  });

  it('is taken signed by a signing token, and then the signature alone counts', () => {
    assert.equal(taken({ headers: signed(secret) }).deliveryId, id);
    assert.equal(taken({ headers: { ...signed(next), 'x-gitlab-token': ['another'] } }).deliveryId, id);
    refused('SIGNATURE_INVALID', { headers: { ...signed('not-one-of-the-live-secrets'), 'x-gitlab-token': [secret] } });
    refused('SIGNATURE_INVALID', { headers: { 'webhook-signature': [''], 'webhook-id': [id], 'webhook-timestamp': ['1'] } });
    refused('SIGNATURE_STALE', { headers: signed(secret, fixture('push-branch'), now - 301_000) });
    refused('SIGNATURE_INVALID', { body: fixture('push-topic'), headers: signed(secret) });
  });

  it('goes by its idempotency key, and by what it says where it has none', () => {
    const digest = `sha256:${createHash('sha256').update(fixture('push-branch')).digest('hex')}`;
    assert.equal(taken({ headers: { 'idempotency-key': undefined } }).deliveryId, digest);
    assert.notEqual(taken({ body: fixture('push-topic'), headers: { 'idempotency-key': undefined } }).deliveryId, digest);
    for (const values of [[''], ['a b'], [id, id], ['x'.repeat(limits.hint.deliveryIdChars + 1)]])
      refused('HEADER_INVALID', { headers: { 'idempotency-key': values } });
  });

  it('is kept and ignored when it tells of no push', () => {
    assert.deepEqual(taken({ body: fixture('issue') }).reading, { ignored: 'event issue moves no branch or tag' });
    const update = Buffer.from(JSON.stringify({ event_name: 'repository_update' }));
    assert.deepEqual(taken({ body: update }).reading, { ignored: 'event repository_update moves no branch or tag' });
    assert.deepEqual(taken({ body: Buffer.from('{}') }).reading, { ignored: 'event unnamed moves no branch or tag' });
  });

  it('is refused when its repository is none of the source', () => {
    for (const web_url of [
      'https://other.example.com/team/infra',
      'http://test.example.com/gitlab/gitlab',
      `https://hg.example.com/${'x'.repeat(256)}`,
    ])
      refused('REPOSITORY_FOREIGN', { body: Buffer.from(JSON.stringify({ ...pushed, project: { web_url } })) });
  });

  it('is JSON of the known form', () => {
    refused(
      'CONTENT_TYPE_UNSUPPORTED',
      { headers: { 'content-type': ['application/x-www-form-urlencoded'] } },
      /^Heptapod sends application\/json$/,
    );
    for (const text of ['{', '[]', '"push"', 'null', '{"object_kind":7}', '{"object_kind":"a b"}', '['.repeat(100_000)])
      refused('PAYLOAD_INVALID', { body: Buffer.from(text) });
    const wrong = [
      { ref: 7 },
      { ref: '' },
      { ref: 'x'.repeat(256) },
      { after: '--config=alias.x=!id' },
      { hg_after: head.toUpperCase() },
      { after: undefined },
      { user_id: -1 },
      { user_id: '7' },
      { user_username: 'a\nb' },
      { project: undefined },
      { project: { web_url: 7 } },
    ];
    for (const over of wrong) refused('PAYLOAD_INVALID', { body: Buffer.from(JSON.stringify({ ...pushed, ...over })) }, /^not a push: /);
  });

  it('is never taken by chance, and fails with a code whatever it holds', () => {
    const header = fc.option(fc.array(fc.string(), { maxLength: 2 }), { nil: undefined });
    fc.assert(
      fc.property(fc.constantFrom('x-gitlab-token', 'webhook-signature'), header, (name, values) => {
        const headers = { 'x-gitlab-token': undefined, [name]: values };
        assert.throws(() => receiver()(request({ headers })), HeadgateError);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(pushed)), fc.jsonValue()), (over) => {
        try {
          const { reading } = taken({ body: Buffer.from(JSON.stringify({ ...pushed, ...over })) });
          if ('hint' in reading) assert.match(reading.hint.commit ?? head, /^[0-9a-f]{40}$/);
        } catch (error) {
          assert.ok(error instanceof HeadgateError && error.code !== 'INTERNAL', String(error));
        }
      }),
    );
  });

  it('is read again as it was when it came', () => {
    assert.deepEqual(readHg(heptapodSender, fixture('push-branch'), repositoryAt), taken().reading);
    assert.deepEqual(
      readHg(heptapodSender, fixture('push-branch'), () => undefined),
      { ignored: 'the URL of the repository lies neither below `url` nor below an alias of this source' },
    );
  });
});
