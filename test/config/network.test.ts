import assert from 'node:assert/strict';
import { cidr, hostName, isLoopback, parseAddress } from '#config/network.ts';

describe('config/network', () => {
  it('reads listener addresses', () => {
    assert.deepEqual(parseAddress('127.0.0.1:9292'), { host: '127.0.0.1', port: 9292 });
    assert.deepEqual(parseAddress('[::]:0'), { host: '::', port: 0 });
    assert.deepEqual(parseAddress('headgate.example.com:65535'), { host: 'headgate.example.com', port: 65535 });
  });

  it('refuses what is no listener address', () => {
    for (const text of [
      '',
      ':80',
      '80',
      'a',
      'a:',
      'a:65536',
      '::1:80',
      '[::1',
      '[::1]',
      '[a]:1',
      '[1.2.3.4]:1',
      'a b:1',
      'a:1:2',
      'http://a:1',
      'a:-1',
    ]) {
      assert.equal(parseAddress(text), undefined, text);
    }
  });

  it('knows loopback addresses', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assert.equal(isLoopback(host), true, host);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example.com', 'a'])
      assert.equal(isLoopback(host), false, host);
  });

  it('takes addresses and ranges, but never all of them', () => {
    for (const text of ['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1', '1.2.3.4/32']) assert.equal(cidr.safeParse(text).success, true, text);
    for (const text of ['0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0/8', 'loopback', '10.0.0.0/', '10.0.0.0/8/8', '']) {
      assert.equal(cidr.safeParse(text).success, false, text);
    }
  });

  it('takes host names without scheme and port', () => {
    for (const text of ['headgate', 'a.b-c.example', '192.0.2.1', '::1']) assert.equal(hostName.safeParse(text).success, true, text);
    for (const text of ['', 'A.example', 'a:80', 'https://a', '-a', 'a..b', 'a.', 'x'.repeat(254)])
      assert.equal(hostName.safeParse(text).success, false, text);
  });
});
