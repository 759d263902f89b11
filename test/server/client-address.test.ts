import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clientAddressBehind } from '#server/client-address.ts';

describe('the client address', () => {
  const trusted = ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'];
  const table: readonly [string, string | undefined, readonly string[] | undefined, string][] = [
    ['is the peer without a header', '203.0.113.5', undefined, '203.0.113.5'],
    ['is the peer when it is no trusted proxy, whatever it says', '203.0.113.5', ['1.2.3.4'], '203.0.113.5'],
    ['is what a trusted proxy says', '10.1.1.1', ['203.0.113.5'], '203.0.113.5'],
    ['is found past several trusted proxies', '10.1.1.1', ['203.0.113.5, 192.0.2.1', '10.2.2.2'], '203.0.113.5'],
    ['is never what the client itself prepended', '10.1.1.1', ['1.1.1.1, 203.0.113.5'], '203.0.113.5'],
    ['is the proxy when it says nothing', '10.1.1.1', undefined, '10.1.1.1'],
    ['is the proxy when it says nonsense', '10.1.1.1', ['unknown'], '10.1.1.1'],
    ['is the last readable hop before nonsense', '10.1.1.1', ['evil"\n, 10.2.2.2'], '10.2.2.2'],
    ['is the leftmost when all are trusted', '10.1.1.1', ['10.3.3.3, 10.2.2.2'], '10.3.3.3'],
    ['is read without ports', '10.1.1.1', ['203.0.113.5:4711'], '203.0.113.5'],
    ['is read out of brackets', '10.1.1.1', ['[2001:db9::1]:443'], '2001:db9::1'],
    ['is IPv4 also behind an IPv6 socket', '::ffff:10.1.1.1', ['::ffff:203.0.113.5'], '203.0.113.5'],
    ['passes IPv6 proxies', '2001:db8::1', ['2001:db9::1'], '2001:db9::1'],
    ['is unknown when the socket has gone', undefined, ['1.1.1.1'], 'unknown'],
  ];
  for (const [what, peer, header, client] of table)
    it(what, () => {
      assert.equal(clientAddressBehind(trusted)(peer, header), client);
    });

  it('is always the peer when no proxy is trusted', () => {
    fc.assert(fc.property(fc.ipV4(), fc.array(fc.string()), (peer, header) => clientAddressBehind([])(peer, header) === peer));
  });

  it('is an address whatever a proxy sends', () => {
    fc.assert(fc.property(fc.array(fc.string()), (header) => /^[\da-f.:]+$/.test(clientAddressBehind(trusted)('10.1.1.1', header))));
  });

  for (const bad of ['', 'proxy', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', '10.0.0/8'])
    it(`cannot be asked of the range ${JSON.stringify(bad)}`, () => {
      assert.throws(() => clientAddressBehind([bad]), { code: 'CONFIG_INVALID' });
    });
});
