import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createGerritAdapter } from '#adapters/gerrit/adapter.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import type { Received, Unrecorded } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';
import { webhook } from './captured.ts';

const secret = 'the-secret-of-the-plugin';
const next = 'the-secret-that-comes-next';

const webhooks = { webhook: { secrets: [{ file: '/run/secrets/review' }] } };

function source(config: object = webhooks, secrets: readonly string[] = [secret, next]): SourceAdapter {
  const base = { name: 'review', type: 'gerrit', url: 'https://review.example.com' };
  return createGerritAdapter(GerritSource.parse({ ...base, ...config }), () => secrets.map((text) => Buffer.from(text)), {
    readBack: null,
  });
}

function request(over: Partial<InboundRequest> & { readonly number?: string } = {}): InboundRequest {
  const { headers, body } = webhook(over.number ?? '0058');
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return { remote: '192.0.2.7', body, ...over, headers: { ...sent, ...over.headers } };
}

const basic = (credentials: string | Buffer): InboundRequest['headers'] => ({
  authorization: [`Basic ${Buffer.from(credentials).toString('base64')}`],
});

function taken(over: Parameters<typeof request>[0], adapter = source()): Received {
  const received = adapter.receive(request(over));
  assert.ok(!('unrecorded' in received));
  return received;
}

function refused(code: string, over: Parameters<typeof request>[0], adapter = source(), message = /./): void {
  assert.throws(() => adapter.receive(request(over)), { code, message });
}

describe('a delivery of the webhooks plugin', () => {
  it('is taken with a live secret at the end of the path', () => {
    const received = taken({ pathSecret: secret });
    assert.equal(received.event, 'ref-updated');
    assert.match(received.deliveryId, /^ref-updated:[\w-]{43}$/);
    assert.deepEqual(received.headers, {
      'content-type': 'application/json; charset=utf-8',
      'x-origin-url': 'http://127.0.0.1:18480/',
      'user-agent': 'Apache-HttpClient/4.5.14 (Java/25.0.3)',
    });
    assert.deepEqual(taken({ pathSecret: next }), received);
  });

  it('is taken with a live secret as the password, whatever the user name', () => {
    for (const user of ['headgate', '', 'ünïcode']) taken({ headers: basic(`${user}:${secret}`) });
    const withColon = 'a-secret:with:colons';
    taken({ headers: basic(`headgate:${withColon}`) }, source(webhooks, [withColon]));
    taken({ headers: { authorization: [`basic  ${Buffer.from(`headgate:${next}`).toString('base64')}`] } });
  });

  it('is refused without a secret, and the plugin is asked for one', () => {
    refused('SIGNATURE_MISSING', {});
    assert.equal(source().challenge, 'Basic realm="headgate", charset="UTF-8"');
  });

  it('is refused with another secret, and the message quotes none', () => {
    for (const wrong of ['', 'x', `${secret}x`, secret.slice(1), secret.toUpperCase()]) {
      refused('SIGNATURE_INVALID', { pathSecret: wrong }, source(), /^the secret in the path is none of 2 live secret\(s\)$/);
      refused('SIGNATURE_INVALID', { headers: basic(`headgate:${wrong}`) }, source(), /^the secret as the password is none of 2/);
    }
    refused('SIGNATURE_INVALID', { pathSecret: secret }, source(webhooks, []), /none of 0/);
    refused('SIGNATURE_INVALID', { pathSecret: '' }, source(webhooks, []));
  });

  it('is refused when one of two secrets is wrong', () => {
    const [right, wrong] = [secret, 'not-one-of-the-live-secrets'];
    taken({ pathSecret: right, headers: basic(`headgate:${next}`) });
    refused('SIGNATURE_INVALID', { pathSecret: right, headers: basic(`headgate:${wrong}`) });
    refused('SIGNATURE_INVALID', { pathSecret: wrong, headers: basic(`headgate:${right}`) });
    refused('SIGNATURE_INVALID', { pathSecret: right, headers: { authorization: [`Bearer ${right}`] } });
  });

  it('is refused with credentials that are not Basic, or sent twice', () => {
    for (const value of ['', 'Basic', 'Basic !', `Bearer ${secret}`, `Basic ${Buffer.from(secret).toString('base64')}`])
      refused('SIGNATURE_INVALID', { headers: { authorization: [value] } }, source(), /no Basic credentials/);
    const [good = ''] = basic(`headgate:${secret}`)['authorization'] ?? [];
    refused('HEADER_INVALID', { headers: { authorization: [good, good] } });
  });

  it('is refused from elsewhere, before its secret is looked at', () => {
    const networks = ['192.0.2.0/24', '2001:db8::/32', '198.51.100.1'];
    const adapter = source({ webhook: { secrets: [{ file: '/s' }], networks } });
    for (const remote of ['192.0.2.7', '2001:db8::7', '198.51.100.1']) taken({ remote, pathSecret: secret }, adapter);
    for (const remote of ['192.0.3.7', '2001:db9::7', '198.51.100.2', 'unknown', ''])
      refused('NETWORK_REFUSED', { remote, pathSecret: secret }, adapter);
    const { remote: _, ...nobody } = request({ pathSecret: secret });
    assert.throws(() => adapter.receive(nobody), { code: 'NETWORK_REFUSED' });
    refused('NETWORK_REFUSED', { remote: '192.0.3.7' }, adapter);
  });

  it('is refused by a source without `webhook`', () => {
    const ssh = { host: 'review.example.com', user: 'headgate', key: { file: '/k' }, knownHosts: { file: '/h' } };
    refused('WEBHOOK_UNCONFIGURED', { pathSecret: secret }, source({ ssh }));
  });

  it('is JSON', () => {
    const pathSecret = secret;
    for (const type of ['text/plain', '', 'application/x-www-form-urlencoded', 'application/jsonx'])
      refused('CONTENT_TYPE_UNSUPPORTED', { pathSecret, headers: { 'content-type': [type] } });
    refused('CONTENT_TYPE_UNSUPPORTED', { pathSecret, headers: { 'content-type': undefined } });
    taken({ pathSecret, headers: { 'content-type': ['Application/JSON'] } });
    refused('PAYLOAD_INVALID', { pathSecret, body: Buffer.from('{') });
  });

  it('is not worth a row when it moves no branch or tag', () => {
    const passed = (number: string): Unrecorded => source().receive(request({ number, pathSecret: secret })) as Unrecorded;
    assert.deepEqual(passed('0003'), { unrecorded: 'the ref is neither a branch nor a tag' });
    assert.deepEqual(passed('0019'), { unrecorded: 'event comment-added moves no branch or tag' });
    const body = Buffer.from('{"type":"dropped-output","eventCreatedOn":1}');
    const gap = source().receive(request({ pathSecret: secret, body }));
    assert.deepEqual(gap, { unrecorded: 'dropped-output: events were left out', gap: true });
  });

  it('is never taken by chance', () => {
    const shown = fc.record({
      pathSecret: fc.option(fc.string(), { nil: undefined }),
      authorization: fc.option(fc.string(), { nil: undefined }),
    });
    fc.assert(
      fc.property(shown, ({ pathSecret, authorization }) => {
        const headers = { ...request().headers, authorization: authorization === undefined ? undefined : [authorization] };
        const sent = { headers, body: request().body, ...(pathSecret === undefined ? {} : { pathSecret }) };
        assert.throws(() => source().receive(sent), HeadgateError);
      }),
    );
  });
});

describe('a delivery that is read again', () => {
  it('is read as it was when it came', () => {
    const { body } = webhook('0060');
    const received = taken({ number: '0060', pathSecret: secret });
    assert.deepEqual(source().read('change-merged', body), received.reading);
    assert.deepEqual(source().read('ref-updated', webhook('0003').body), { ignored: 'the ref is neither a branch nor a tag' });
    assert.throws(() => source().read('ref-updated', Buffer.from('{}')), { code: 'PAYLOAD_INVALID' });
  });
});
