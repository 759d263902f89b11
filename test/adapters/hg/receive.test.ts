import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { hookSender } from '#adapters/hg/hook-sender.ts';
import { hgReceiver, readHg } from '#adapters/hg/receive.ts';
import { HgSource, type HgWebhook } from '#adapters/hg/schema.ts';
import { anyRef, type Received } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Subject } from '#core/subject.ts';

const secret = 'the-secret-of-the-hg-host';
const next = 'the-secret-that-comes-next';
const now = Date.UTC(2026, 10, 22, 2, 0, 0);
const node = '1a62f0e4b7c3958d1a62f0e4b7c3958d1a62f0e4';
const id = 'TXN:9e5bca3d0f1122334455667788990011aabbccdd';

const source = HgSource.parse({
  name: 'hg',
  type: 'hg',
  url: 'https://hg.example.com',
  webhook: { secrets: [{ file: '/run/secrets/hg' }] },
  web: {},
});

const repositoryAt: SourceAdapter['repositoryAt'] = (url) => /^https:\/\/hg\.example\.com\/(.+)$/.exec(url)?.[1];

const payload = {
  v: 1,
  type: 'hg.txn',
  repo: 'https://hg.example.com/team/infra',
  txn: id,
  source: 'serve',
  url: 'remote:http:10.0.0.5:alice%40example.com',
  pusher: { name: 'alice@example.com', via: 'REMOTE_USER' },
  node,
  node_last: node,
  bookmarks: { prod: [null, node] },
  phases_moved: false,
  obsmarkers: 0,
  hooktype: 'txnclose',
  hg: '7.2.4',
  at: '2026-11-22T01:59:59Z',
};

interface Sending {
  readonly json?: object;
  readonly body?: Buffer;
  readonly secrets?: readonly string[];
  readonly id?: string;
  readonly at?: number;
  readonly headers?: InboundRequest['headers'];
}

/** As the documentation of Standard Webhooks says, in code of its own. */
function signature(key: string | Buffer, signedId: string, seconds: number, body: Buffer): string {
  const content = Buffer.concat([Buffer.from(`${signedId}.${seconds}.`), body]);
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}

function request({ json = payload, secrets = [secret], at = now, headers = {}, ...over }: Sending = {}): InboundRequest {
  const body = over.body ?? Buffer.from(JSON.stringify(json));
  const [sentId, seconds] = [over.id ?? id, Math.floor(at / 1_000)];
  return {
    body,
    remote: '192.0.2.7',
    headers: {
      'content-type': ['application/json'],
      'user-agent': ['headgate-hook/1 hg/7.2.4'],
      'webhook-id': [sentId],
      'webhook-timestamp': [String(seconds)],
      'webhook-signature': [secrets.map((key) => signature(key, sentId, seconds, body)).join(' ')],
      ...headers,
    },
  };
}

function receiver(live: readonly string[] = [secret, next], webhook = source.webhook): SourceAdapter['receive'] {
  return hgReceiver({ sender: hookSender, webhook, repositoryAt, clock: { now: () => now } }, () => live.map((text) => Buffer.from(text)));
}

function taken(sending: Sending = {}, receive = receiver()): Received {
  const received = receive(request(sending));
  assert.ok(!('unrecorded' in received));
  return received;
}

function hintOf(sending: Sending): object {
  const { reading } = taken(sending);
  assert.ok('hint' in reading);
  return reading.hint;
}

function refused(code: string, sending: Sending, receive = receiver(), message = /./): void {
  assert.throws(() => receive(request(sending)), { code, message });
}

const host: Subject = {
  issuer: 'corp',
  iss: 'https://login.example.com',
  sub: 'host/hg',
  claims: { sub: 'host/hg', site: 'north', level: 2 },
};

describe('a delivery of the hook for Mercurial that comes with a token', () => {
  const tokens = [{ issuer: 'corp', match: { sub: 'host/hg', site: 'north', level: 2 } }];
  const byToken = (sender: Subject | undefined, sending: Sending = {}, webhook: HgWebhook = { secrets: [], tokens }): Received => {
    const unsigned = { 'webhook-timestamp': undefined, 'webhook-signature': undefined };
    const sent = request({ ...sending, headers: { ...unsigned, ...sending.headers } });
    const received = receiver([], webhook)({ ...sent, ...(sender ? { sender } : {}) });
    assert.ok(!('unrecorded' in received));
    return received;
  };

  it('says whose word it is, in the delivery and beside whoever pushed', () => {
    const { deliveryId, reading } = byToken(host);
    assert.ok('hint' in reading);
    assert.equal(deliveryId, id);
    assert.deepEqual(reading.hint.sender, { issuer: 'corp', iss: 'https://login.example.com', sub: 'host/hg' });
    assert.deepEqual(reading.hint.actors, [
      { role: 'pusher', account: 'alice@example.com', name: 'alice@example.com', kind: 'unknown', assertedBy: 'host/hg (corp)' },
    ]);
    assert.equal(reading.hint.subject, undefined, 'the host asks for nothing in its own name');
  });

  it('is refused of everybody but those who are listed, with each of their claims', () => {
    const others: readonly Subject[] = [
      { ...host, issuer: 'other' },
      { ...host, sub: 'host/web', claims: { ...host.claims, sub: 'host/web' } },
      { ...host, claims: { ...host.claims, site: ['north'] } },
      { ...host, claims: { ...host.claims, level: '2' } },
      { ...host, claims: { sub: 'host/hg', site: 'north' } },
    ];
    for (const other of others) assert.throws(() => byToken(other), { code: 'SENDER_UNKNOWN' }, JSON.stringify(other));
    assert.throws(() => byToken(host, {}, { secrets: [], tokens: [] }), { code: 'SENDER_UNKNOWN' });
  });

  it('takes no claim from where objects inherit', () => {
    const inherited = Object.create({ site: 'north', level: 2 }) as Record<string, unknown>;
    inherited['sub'] = 'host/hg';
    assert.throws(() => byToken({ ...host, claims: inherited }), { code: 'SENDER_UNKNOWN' });
  });

  it('has to be well formed all the same, and to be of the source', () => {
    assert.throws(() => byToken(host, { headers: { 'webhook-id': undefined } }), { code: 'HEADER_INVALID' });
    assert.throws(() => byToken(host, { headers: { 'content-type': ['text/plain'] } }), { code: 'CONTENT_TYPE_UNSUPPORTED' });
    assert.throws(() => byToken(host, { json: { ...payload, repo: 'https://evil.example.com/x' } }), { code: 'REPOSITORY_FOREIGN' });
  });

  it('needs its signature where nobody has shown a token, also when secrets are not configured', () => {
    assert.throws(() => byToken(undefined), { code: 'SIGNATURE_MISSING' });
    assert.throws(() => receiver([], { secrets: [], tokens })(request()), { code: 'SIGNATURE_INVALID' });
  });

  it('may be signed instead where both are configured', () => {
    const [one] = source.webhook?.secrets ?? [];
    assert.ok(one);
    const both = { secrets: [one], tokens };
    assert.equal(taken({}, receiver([secret], both)).deliveryId, id);
    assert.equal(byToken(host, {}, both).deliveryId, id);
  });
});

describe('a delivery of the hook for Mercurial', () => {
  it('says to look at a repository, and who pushed as the hook knows', () => {
    assert.deepEqual(taken(), {
      deliveryId: id,
      event: 'hg.txn',
      headers: { 'content-type': 'application/json', 'user-agent': 'headgate-hook/1 hg/7.2.4' },
      reading: {
        hint: {
          repository: 'team/infra',
          ref: anyRef,
          before: null,
          after: node,
          commit: node,
          action: 'updated',
          occurredAt: Date.UTC(2026, 10, 22, 1, 59, 59),
          actors: [{ role: 'pusher', account: 'alice@example.com', name: 'alice@example.com', kind: 'unknown' }],
          brought: { first: node, heads: [node], bookmarks: { prod: node } },
        },
      },
    });
  });

  it('names an account only where the host has authenticated the pusher', () => {
    const actors = (pusher: object | null): unknown => (hintOf({ json: { ...payload, pusher } }) as { actors: unknown }).actors;
    const alice = { role: 'pusher', name: 'alice', kind: 'unknown' };
    for (const via of ['REMOTE_USER', 'HEADGATE_USER', 'SSH_USER_AUTH'])
      assert.deepEqual(actors({ name: 'alice', via }), [{ ...alice, account: 'alice' }], via);
    for (const via of ['local', 'USER', 'remote_user', ''])
      assert.deepEqual(actors({ name: 'alice', via }), [{ ...alice, account: null }], via);
    assert.deepEqual(actors(null), []);
  });

  it('needs no changeset: bookmarks, phases and markers move without one', () => {
    const bare = { v: 1, type: 'hg.txn', repo: 'https://hg.example.com/infra' };
    const hint = {
      repository: 'infra',
      ref: anyRef,
      before: null,
      after: null,
      commit: null,
      action: 'updated',
      brought: { first: null, heads: [], bookmarks: {} },
    };
    assert.deepEqual(hintOf({ json: { ...bare, node_last: null } }), { ...hint, occurredAt: null, actors: [] });
    assert.deepEqual(hintOf({ json: bare }), { ...hint, occurredAt: null, actors: [] });
  });

  it('is taken under each live secret, and with several signatures when one fits', () => {
    taken({ secrets: [next] });
    taken({ secrets: ['a-secret-that-is-none-of-ours', next] });
    const { headers } = request();
    taken({ headers: { 'webhook-signature': [`v1a,AAAA ${String(headers['webhook-signature'])}`] } });
  });

  it('is taken under a secret that is written as whsec_ and base64', () => {
    const key = Buffer.from('0123456789abcdef0123456789abcdef');
    const body = Buffer.from(JSON.stringify(payload));
    const headers = { 'webhook-signature': [signature(key, id, now / 1_000, body)] };
    taken({ body, headers }, receiver([`whsec_${key.toString('base64')}`]));
  });

  it('is refused without a signature, or with one of another secret, id, moment or body', () => {
    refused('SIGNATURE_MISSING', { headers: { 'webhook-signature': undefined } });
    refused('SIGNATURE_INVALID', { secrets: ['not-one-of-the-live-secrets'] }, receiver(), /^no match under 2 live secret\(s\)$/);
    refused('SIGNATURE_INVALID', {}, receiver([]), /under 0 live/);
    refused('SIGNATURE_INVALID', { headers: { 'webhook-id': ['TXN:00'] } });
    refused('SIGNATURE_INVALID', { headers: { 'webhook-timestamp': [String(now / 1_000 + 1)] } });
    const { headers } = request();
    refused('SIGNATURE_INVALID', { json: { ...payload, repo: 'https://hg.example.com/other' }, headers });
    for (const text of [
      '',
      'v1',
      'v1,',
      'v1,AAAA',
      'v2,AAAA',
      ` v1,${'A'.repeat(43)}`,
      Array(21)
        .fill(`v1,${'A'.repeat(43)}=`)
        .join(' '),
    ])
      refused('SIGNATURE_INVALID', { headers: { 'webhook-signature': [text] } });
  });

  it('is refused when it was signed at another time, after its signature was found to be good', () => {
    for (const seconds of [-300, -1, 0, 300]) taken({ at: now + seconds * 1_000 });
    refused('SIGNATURE_STALE', { at: now - 301_000 }, receiver(), /^signed 301 s before the time here$/);
    refused('SIGNATURE_STALE', { at: now + 301_000 }, receiver(), /^signed 301 s ahead of the time here$/);
    refused('SIGNATURE_INVALID', { at: now - 301_000, secrets: ['not-one-of-the-live-secrets'] });
  });

  it('is refused with headers that are missing, sent twice or malformed', () => {
    for (const name of ['webhook-id', 'webhook-timestamp']) {
      for (const values of [undefined, [''], ['a.b'], ['1', '1'], ['x'.repeat(129)], ['-1'], ['1 ']])
        if (name === 'webhook-timestamp' || values?.[0] !== '-1') refused('HEADER_INVALID', { headers: { [name]: values } });
    }
    const [good = ''] = request().headers['webhook-signature'] ?? [];
    refused('HEADER_INVALID', { headers: { 'webhook-signature': [good, good] } });
  });

  it('is JSON of the known form', () => {
    refused('CONTENT_TYPE_UNSUPPORTED', { headers: { 'content-type': ['text/plain'] } });
    refused('CONTENT_TYPE_UNSUPPORTED', { headers: { 'content-type': undefined } });
    refused('PAYLOAD_INVALID', { body: Buffer.from('{') });
    for (const over of [{ repo: 7 }, { repo: '' }, { node_last: 'tip' }, { node_last: '0'.repeat(40) }, { v: 0 }, { type: 'hg txn' }])
      refused('PAYLOAD_INVALID', { json: { ...payload, ...over } });
    for (const pusher of [{ name: 'alice' }, { name: '', via: 'x' }, { name: 'a\nb', via: 'x' }, 'alice'])
      refused('PAYLOAD_INVALID', { json: { ...payload, pusher } }, receiver(), /pusher/);
  });

  it('is kept and ignored when it is of a type or version that is not known here', () => {
    const { reading, event } = taken({ json: { v: 1, type: 'hg.ping' } });
    assert.deepEqual([event, reading], ['hg.ping', { ignored: 'type hg.ping tells of no transaction' }]);
    assert.deepEqual(taken({ json: { v: 2, type: 'hg.txn' } }).reading, {
      ignored: 'version 2 of what the hook sends is not known here, only 1',
    });
  });

  it('is refused when its repository is none of the source', () => {
    const json = { ...payload, repo: 'https://other.example.com/infra' };
    refused('REPOSITORY_FOREIGN', { json }, receiver(), /neither below `url` nor below an alias/);
    refused('REPOSITORY_FOREIGN', { json: { ...payload, repo: `https://hg.example.com/${'x'.repeat(256)}` } });
  });

  it('is refused by a source without `webhook`', () => {
    refused(
      'WEBHOOK_UNCONFIGURED',
      {},
      hgReceiver({ sender: hookSender, webhook: undefined, repositoryAt, clock: { now: () => now } }, () => []),
    );
  });

  it('is never taken by chance', () => {
    const header = fc.option(fc.array(fc.string(), { maxLength: 2 }), { nil: undefined });
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...names), header, (name, values) => {
        const given = request();
        const headers = {
          ...given.headers,
          'webhook-signature': [signature('another secret', id, now / 1_000, Buffer.from('{}'))],
          [name]: values,
        };
        assert.throws(() => receiver()({ ...given, headers }), HeadgateError);
      }),
    );
  });
});

describe('a delivery of the hook that is read again', () => {
  it('is read as it was when it came', () => {
    const { body } = request();
    assert.deepEqual(readHg(hookSender, body, repositoryAt), taken().reading);
    assert.throws(() => readHg(hookSender, Buffer.from('{}'), repositoryAt), { code: 'PAYLOAD_INVALID' });
  });

  it('is ignored when its repository is no longer one of the source', () => {
    const { body } = request();
    assert.deepEqual(
      readHg(hookSender, body, () => undefined),
      {
        ignored: 'the URL of the repository lies neither below `url` nor below an alias of this source',
      },
    );
  });
});
