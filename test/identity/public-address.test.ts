import assert from 'node:assert/strict';
import { checkAddress, isPublicAddress, publicLookup } from '#identity/public-address.ts';

describe('identity/public-address', () => {
  for (const ip of ['10.1.2.3', '127.0.0.1', '169.254.169.254', '192.168.0.1', '172.31.0.1', '100.64.0.1', '0.0.0.0', '255.255.255.255'])
    it(`knows ${ip} as private`, () => assert.equal(isPublicAddress(ip), false));

  for (const ip of ['::1', '::', 'fd00::1', 'fe80::1', '::ffff:10.0.0.1', 'ff02::1', 'nonsense', ''])
    it(`knows ${JSON.stringify(ip)} as private`, () => assert.equal(isPublicAddress(ip), false));

  for (const ip of ['8.8.8.8', '172.32.0.1', '2606:4700::1']) it(`knows ${ip} as public`, () => assert.equal(isPublicAddress(ip), true));

  for (const url of [
    'http://login.example.com/x',
    'https://10.0.0.1/x',
    'https://[::1]/x',
    'https://2130706433/x',
    'https://169.254.169.254/',
  ])
    it(`refuses ${url}`, () => assert.throws(() => checkAddress(url), /internal: true/));

  it('takes https', () => checkAddress('https://login.example.com/keys'));

  it('refuses names that lead to this machine', async () => {
    const error = await new Promise((resolve) => publicLookup('localhost', { all: true }, (failure) => resolve(failure)));
    assert.match(String(error), /localhost leads to the private address/);
  });
});
