import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PushEvent } from '@octokit/webhooks-types';
import type { z } from 'zod';
import { receive } from '#adapters/github/receive.ts';
import type { Push } from '#adapters/github/payload.ts';
import type { ErrorCode } from '#core/error-codes.ts';
import type { Hint } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';
import { commitA, commitB, delivery, push, secret, sign, type Shape, zero } from './deliveries.ts';

function hintOf(body: unknown): Hint {
  const { reading } = receive(delivery({ body }), [secret]);
  assert.ok('hint' in reading, JSON.stringify(reading));
  return reading.hint;
}

function ignoredBecause(shape: Shape): string {
  const { reading } = receive(delivery(shape), [secret]);
  assert.ok('ignored' in reading, JSON.stringify(reading));
  return reading.ignored;
}

function refused(code: ErrorCode, request: InboundRequest, secrets: readonly Buffer[] = [secret]): void {
  assert.throws(() => receive(request, secrets), { name: 'HeadgateError', code });
}

describe('a GitHub push', () => {
  it('is typed no wider than GitHub documents it', () => {
    const asInput = (event: PushEvent): z.input<typeof Push> => event;
    assert.equal(typeof asInput, 'function');
  });

  it('becomes a hint with everything that happened', () => {
    assert.deepEqual(hintOf(push()), {
      repository: 'org/app',
      ref: 'refs/heads/main',
      before: commitA,
      after: commitB,
      commit: commitB,
      action: 'updated',
      occurredAt: 1_700_000_000_000,
      actors: [
        { role: 'pusher', account: '7', name: 'ada', kind: 'human' },
        { role: 'sender', account: '7', name: 'ada', kind: 'human' },
      ],
    });
  });

  it('of a new branch is a creation with nothing before it', () => {
    const hint = hintOf(push({ before: zero, created: true }));
    assert.deepEqual([hint.action, hint.before, hint.commit], ['created', null, commitB]);
  });

  it('that deletes a branch has nothing after it and no commit', () => {
    const hint = hintOf(push({ after: zero, deleted: true, head_commit: null }));
    assert.deepEqual([hint.action, hint.before, hint.after, hint.commit], ['deleted', commitA, null, null]);
  });

  it('that rewrites a branch is forced', () => {
    assert.equal(hintOf(push({ forced: true })).action, 'forced');
  });

  it('of an annotated tag carries the tag object and the commit that it points to', () => {
    const hint = hintOf(push({ ref: 'refs/tags/v1', before: zero, after: commitA, head_commit: { id: commitB } }));
    assert.deepEqual([hint.ref, hint.after, hint.commit], ['refs/tags/v1', commitA, commitB]);
  });

  it('of a tag without a commit keeps the object that was tagged', () => {
    assert.equal(hintOf(push({ ref: 'refs/tags/v1', before: zero, head_commit: null })).commit, commitB);
  });

  it('of a branch never takes its commit from elsewhere in the payload', () => {
    assert.equal(hintOf(push({ head_commit: { id: commitA } })).commit, commitB);
  });

  it('takes the moment as seconds or as ISO 8601, and none when GitHub gives none', () => {
    const at = (pushed_at: unknown): number | null => hintOf(push({ repository: { full_name: 'org/app', pushed_at } })).occurredAt;
    assert.equal(at('2023-11-14T22:13:20Z'), 1_700_000_000_000);
    assert.equal(at('2023-11-14T23:13:20+01:00'), 1_700_000_000_000);
    assert.equal(at(null), null);
    assert.equal(at(undefined), null);
  });

  it('tells bots from people, and does not guess about a pusher that the sender does not name', () => {
    assert.deepEqual(hintOf(push({ pusher: { name: 'deploy-key' }, sender: { login: 'renovate[bot]', id: 9, type: 'Bot' } })).actors, [
      { role: 'pusher', account: null, name: 'deploy-key', kind: 'unknown' },
      { role: 'sender', account: '9', name: 'renovate[bot]', kind: 'bot' },
    ]);
    assert.deepEqual(hintOf(push({ pusher: undefined, sender: undefined })).actors, []);
  });

  it('accepts SHA-256 repositories', () => {
    assert.equal(hintOf(push({ before: '0'.repeat(64), after: 'c'.repeat(64) })).action, 'created');
  });

  it('to a ref that is neither branch nor tag is ignored with its reason', () => {
    assert.match(ignoredBecause({ body: push({ ref: 'refs/notes/commits' }) }), /refs\/notes\/commits is neither a branch nor a tag/);
  });

  const bad: readonly [string, Readonly<Record<string, unknown>>][] = [
    ['no ref', { ref: undefined }],
    ['a short ref', { ref: 'main' }],
    ['a ref that git refuses', { ref: 'refs/heads/a..b' }],
    ['a ref that is too long', { ref: `refs/heads/${'x'.repeat(255)}` }],
    ['a short commit', { after: 'abc' }],
    ['an upper-case commit', { after: 'A'.repeat(40) }],
    ['a commit with a newline', { after: `${'a'.repeat(40)}\n` }],
    ['neither before nor after', { before: zero, after: zero }],
    ['no repository', { repository: undefined }],
    ['a repository without owner', { repository: { full_name: 'app' } }],
    ['a repository that climbs', { repository: { full_name: '../app' } }],
    ['a repository with a slash too many', { repository: { full_name: 'org/app/x' } }],
    ['a moment that is none', { repository: { full_name: 'org/app', pushed_at: 'yesterday' } }],
    ['a moment beyond time', { repository: { full_name: 'org/app', pushed_at: 1e300 } }],
    ['forced as a word', { forced: 'yes' }],
    ['a sender without id', { sender: { login: 'ada' } }],
  ];
  for (const [what, over] of bad)
    it(`with ${what} is refused as a payload`, () => {
      refused('PAYLOAD_INVALID', delivery({ body: push(over) }));
    });

  it('is refused without its values in the message', () => {
    const canary = 'canary-value';
    const request = delivery({ body: push({ ref: canary, after: canary }) });
    assert.throws(
      () => receive(request, [secret]),
      (error: HeadgateError) => /ref does not fit, after does not fit/.test(error.message) && !error.message.includes(canary),
    );
  });
});

describe('any other GitHub event', () => {
  it('is ignored and says why', () => {
    assert.match(ignoredBecause({ event: 'ping', body: { zen: 'x' } }), /^ping/);
    assert.match(ignoredBecause({ event: 'issues', body: {} }), /event issues moves no branch or tag/);
    assert.match(ignoredBecause({ event: 'create', body: [] }), /event create/);
  });
});

describe('a GitHub delivery', () => {
  it('keeps what tells the hook and never the signature', () => {
    const { deliveryId, event, headers } = receive(
      delivery({ headers: { 'x-github-hook-id': ['42'], cookie: ['a=b'], authorization: ['Bearer x'] } }),
      [secret],
    );
    assert.deepEqual([deliveryId, event], ['72d3162e-cc78-11e3-81ab-4c9367dc0958', 'push']);
    assert.deepEqual(Object.keys(headers).sort(), [
      'content-type',
      'user-agent',
      'x-github-delivery',
      'x-github-event',
      'x-github-hook-id',
    ]);
  });

  it('can be read again from what is kept and the body', () => {
    const first = delivery();
    const kept = receive(first, [secret]);
    const headers = Object.fromEntries(Object.entries(kept.headers).map(([name, value]) => [name, [value]]));
    assert.deepEqual(receive({ body: first.body, headers: { ...headers, 'x-hub-signature-256': [sign(first.body)] } }, [secret]), kept);
  });

  it('leaves out kept headers that are repeated or long', () => {
    const { headers } = receive(delivery({ headers: { 'user-agent': ['a', 'b'], 'x-github-hook-id': ['1'.repeat(256)] } }), [secret]);
    assert.deepEqual(Object.keys(headers).sort(), ['content-type', 'x-github-delivery', 'x-github-event']);
  });

  it('is accepted under any live secret, and under none that is no longer live', () => {
    const next = Buffer.from('the-secret-that-comes-next');
    for (const key of [secret, next]) assert.equal(receive(delivery({ key }), [secret, next]).event, 'push');
    refused('SIGNATURE_INVALID', delivery({ key: secret }), [next]);
    refused('SIGNATURE_INVALID', delivery(), []);
  });

  it('may come as the payload field of a form', () => {
    const raw = Buffer.from(new URLSearchParams({ payload: JSON.stringify(push({ pusher: { name: 'größe +&=' } })) }).toString());
    const headers = { 'content-type': ['application/x-www-form-urlencoded'] };
    const { reading } = receive(delivery({ raw, headers }), [secret]);
    assert.ok('hint' in reading);
    assert.equal(reading.hint.actors[0]?.name, 'größe +&=');
    refused('PAYLOAD_INVALID', delivery({ raw: Buffer.from('payload=%7B%7D&payload=%7B%7D'), headers }));
    refused('PAYLOAD_INVALID', delivery({ raw: Buffer.from('other=1'), headers }));
  });

  const digest = 'f'.repeat(64);
  const signatures: readonly [string, string][] = [
    ['empty', ''],
    ['without prefix', digest],
    ['of SHA-1', `sha1=${'f'.repeat(40)}`],
    ['of SHA-1 in the length of SHA-256', `sha1=${'f'.repeat(66)}`],
    ['too short', `sha256=${digest.slice(1)}`],
    ['too long', `sha256=${digest}f`],
    ['in upper case', `SHA256=${digest}`],
    ['that is no hex', `sha256=${'z'.repeat(64)}`],
    ['of multi-byte characters', `sha256=${'ÿ'.repeat(64)}`],
    ['of characters beyond Latin-1', `sha256=${'€'.repeat(64)}`],
    ['of another body', sign(Buffer.from('{}'))],
    ['listed twice in one header', `sha256=${digest}, sha256=${digest}`],
    ['with a space before', ` sha256=${digest}`],
  ];
  for (const [what, value] of signatures)
    it(`with a signature ${what} is refused`, () => {
      refused('SIGNATURE_INVALID', delivery({ headers: { 'x-hub-signature-256': [value] } }));
    });

  it('with its signature in upper-case hex is refused', () => {
    const { body } = delivery();
    refused('SIGNATURE_INVALID', delivery({ headers: { 'x-hub-signature-256': [`sha256=${sign(body).slice(7).toUpperCase()}`] } }));
  });

  it('with one bit of its body turned is refused', () => {
    const { body, headers } = delivery();
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(7), (at, bit) => {
        const turned = Buffer.from(body);
        turned[at] = (turned[at] ?? 0) ^ (1 << bit);
        refused('SIGNATURE_INVALID', { body: turned, headers });
      }),
    );
  });

  it('with only a SHA-1 signature counts as unsigned', () => {
    refused('SIGNATURE_MISSING', delivery({ headers: { 'x-hub-signature-256': undefined, 'x-hub-signature': ['sha1=0'] } }));
  });

  it('without a valid signature is not parsed', () => {
    const unparsable = {
      raw: Buffer.from('{'),
      headers: { 'x-hub-signature-256': ['sha256=0'], 'content-type': ['text/x'], 'x-github-event': undefined },
    };
    refused('SIGNATURE_INVALID', delivery(unparsable));
  });

  for (const name of ['x-hub-signature-256', 'x-github-event', 'x-github-delivery', 'content-type'])
    it(`with ${name} repeated is refused`, () => {
      const value = delivery().headers[name] ?? [];
      refused('HEADER_INVALID', delivery({ headers: { [name]: [...value, ...value] } }));
    });

  const headers: readonly [string, string | undefined][] = [
    ['x-github-event', undefined],
    ['x-github-event', ''],
    ['x-github-event', 'push\u0000'],
    ['x-github-event', 'PUSH'],
    ['x-github-event', 'p'.repeat(65)],
    ['x-github-delivery', undefined],
    ['x-github-delivery', ''],
    ['x-github-delivery', 'a b'],
    ['x-github-delivery', '../../etc'],
    ['x-github-delivery', 'a'.repeat(129)],
  ];
  for (const [name, value] of headers)
    it(`with ${name} ${JSON.stringify(value)?.slice(0, 20)} is refused`, () => {
      refused('HEADER_INVALID', delivery({ headers: { [name]: value === undefined ? undefined : [value] } }));
    });

  for (const type of [undefined, '', 'text/plain', 'application/xml', 'multipart/form-data'])
    it(`of content type ${type} is refused`, () => {
      refused('CONTENT_TYPE_UNSUPPORTED', delivery({ headers: { 'content-type': type === undefined ? undefined : [type] } }));
    });

  it('of content type JSON with a charset is taken', () => {
    assert.equal(receive(delivery({ headers: { 'content-type': ['Application/JSON; charset=utf-8'] } }), [secret]).event, 'push');
  });

  const bodies: readonly [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['half an object', Buffer.from('{"ref":')],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a megabyte of nested brackets', Buffer.alloc(1_000_000, '[')],
    ['65 levels', Buffer.from('['.repeat(65) + ']'.repeat(65))],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['a polluted prototype', Buffer.from('{"__proto__":{"ref":"refs/heads/main"}}')],
  ];
  for (const [what, raw] of bodies)
    it(`of ${what} is refused as a payload`, () => {
      refused('PAYLOAD_INVALID', delivery({ raw }));
    });

  it('whatever it holds is read, ignored or refused with a code, never more', () => {
    const headerValue = fc.option(fc.array(fc.string({ unit: 'binary', maxLength: 80 }), { maxLength: 2 }), { nil: undefined });
    const shape = fc.record(
      {
        event: fc.constantFrom('push', 'ping', 'create'),
        body: fc.oneof(
          fc.json().map((text): unknown => JSON.parse(text)),
          fc
            .record(
              { ref: fc.anything(), before: fc.anything(), head_commit: fc.anything(), repository: fc.anything() },
              { requiredKeys: [] },
            )
            .map(push),
        ),
        raw: fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined }),
        headers: fc.dictionary(fc.constantFrom('x-hub-signature-256', 'x-github-event', 'x-github-delivery', 'content-type'), headerValue, {
          maxKeys: 1,
        }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(shape, (it) => {
        let request: InboundRequest;
        try {
          request = delivery(it as Shape);
        } catch {
          return; // fc.anything() made something that JSON cannot carry
        }
        try {
          const { reading } = receive(request, [secret]);
          assert.ok('hint' in reading || reading.ignored !== '');
        } catch (error) {
          assert.ok(error instanceof HeadgateError && error.status >= 400 && error.status < 500, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
