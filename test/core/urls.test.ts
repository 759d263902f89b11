import assert from 'node:assert/strict';
import fc from 'fast-check';
import { repositoryKey } from '#core/urls.ts';

const same: readonly [key: string, ...urls: string[]][] = [
  [
    'github.com/org/app',
    'https://github.com/org/app',
    'https://github.com/org/app.git',
    'https://github.com/org/app/',
    'https://github.com/org/app.git/',
    'https://github.com//org//app',
    'https://GitHub.com/org/app',
    'HTTPS://github.com/org/app',
    'https://github.com:443/org/app',
    'https://github.com:0443/org/app',
    'https://github.com:/org/app',
    'https://github.com./org/app',
    'https://user:pa@ss@github.com/org/app',
    'http://github.com:80/org/app',
    'ssh://git@github.com/org/app.git',
    'ssh://git@github.com:22/org/app',
    'git://github.com:9418/org/app.git',
    'git@github.com:org/app.git',
    'git@github.com:/org/app',
    'github.com:org/app',
    'oci://github.com/org/app',
    'https://github.com/%6Frg/app',
  ],
  ['github.com/Org/App', 'https://github.com/Org/App', 'git@GITHUB.com:Org/App.git'],
  ['ssh.github.com:443/org/app', 'ssh://git@ssh.github.com:443/org/app.git'],
  ['git.example:8443/app', 'https://git.example:8443/app', 'ssh://git.example:8443/app'],
  ['git.example:80/app', 'https://git.example:80/app', 'ssh://git.example:80/app'],
  ['git.example:22/app', 'https://git.example:22/app'],
  ['[2001:db8::1]/app', 'https://[2001:DB8:0::1]/app', 'git@[2001:db8::1]:app', 'ssh://git@[2001:db8::1]:22/app'],
  ['[::1]:3000/app', 'http://[::1]:3000/app'],
  ['127.0.0.1:8080/git/app', 'http://127.0.0.1:8080/git/app.git'],
  ['xn--bcher-kva.example/app', 'https://bücher.example/app', 'https://xn--bcher-kva.example/app'],
  ['host/app.git', 'https://host/app.git.git'],
  ['host/app/.git', 'https://host/app/.git'],
  ['host/~me/app', 'ssh://host/~me/app', 'host:~me/app'],
  ['host/', 'https://host', 'https://host/', 'oci://host'],
  ['host/a b/c', 'https://host/a%20b/c'],
  ['host/%41', 'https://host/%2541', 'host:%41'],
  ['host/größe', 'https://host/gr%C3%B6%C3%9Fe', 'https://host/größe'],
];

const refused: readonly string[] = [
  '',
  'github.com/org/app',
  '/srv/git/app',
  './app',
  'file:///srv/git/app',
  'ftp://host/app',
  'https://',
  'https:///org/app',
  'https://@/org/app',
  'git@:org/app',
  'git@host:',
  'https://host/app?x=1',
  'https://host/app#readme',
  'git@host:app?x',
  'https://host?x/app',
  'https://host/a/../app',
  'https://host/./app',
  'https://host/%2e%2e/app',
  'host:../app',
  'https://host/org%2Fapp',
  'https://host/a%00b',
  'https://host/a%0Ab',
  'https://host/a%5Cb',
  'https://host/a\\b',
  'https://host\\@evil/app',
  'https://host/a b',
  ' https://host/app',
  'https://host/app\n',
  'https://host/%',
  'https://host/%zz',
  'https://host/%ff',
  'https://host:0/app',
  'https://host:65536/app',
  'https://host:999999/app',
  'https://host:x/app',
  'https://host:org/app',
  'ssh://git@host:org/app.git',
  'https://ho st/app',
  'https://-host/app',
  'https://host%2eexample/app',
  'https://[::g]/app',
  'https://[fe80::1%25eth0]/app',
  'C:\\git\\app',
  `https://host/${'a'.repeat(2_048)}`,
];

describe('repositoryKey', () => {
  for (const [key, ...urls] of same)
    for (const url of urls)
      it(`reads ${url} as ${key}`, () => {
        assert.equal(repositoryKey(url), key);
      });

  for (const url of refused)
    it(`refuses ${JSON.stringify(url.slice(0, 40))}`, () => {
      assert.equal(repositoryKey(url), undefined);
    });

  const word = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/).filter((text) => !text.endsWith('.git'));
  const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const host = fc.domain().map((name) => name.toLowerCase());

  it('gives every spelling of a repository one key', () => {
    const spelling = fc.constantFrom(
      (h: string, p: string) => `https://${h}/${p}`,
      (h: string, p: string) => `https://${h.toUpperCase()}:443/${p}.git`,
      (h: string, p: string) => `http://user:secret@${h}/${p}/`,
      (h: string, p: string) => `ssh://git@${h}:22/${p}.git`,
      (h: string, p: string) => `git@${h}:${p}.git`,
      (h: string, p: string) => `git://${h}/${p}`,
    );
    fc.assert(fc.property(host, path, spelling, (h, p, spell) => repositoryKey(spell(h, p)) === `${h}/${p}`));
  });

  it('keeps repositories apart that differ in host, port or path', () => {
    const place = fc.record({ host, port: fc.constantFrom('', ':8443', ':2222'), path });
    const url = (it: { host: string; port: string; path: string }): string => `${it.host}${it.port}/${it.path}`;
    fc.assert(
      fc.property(
        place,
        place,
        (a, b) => (repositoryKey(`https://${url(a)}`) === repositoryKey(`https://${url(b)}`)) === (url(a) === url(b)),
      ),
    );
  });

  it('answers a key that names itself again, for any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.stringMatching(/^(https|ssh|oci):\/\/[a-z.:@[\]0-9]{1,20}\/[a-z%0-9A-F./]{0,20}$/),
    );
    fc.assert(
      fc.property(text, (any) => {
        const key = repositoryKey(any);
        if (key === undefined || key.endsWith('.git')) return;
        const encoded = key.split('/').map((part, i) => (i === 0 ? part : encodeURIComponent(part)));
        const [authority = ''] = encoded;
        const scheme = /:(443|80)$/.test(authority) ? 'ssh' : 'https';
        assert.equal(repositoryKey(`${scheme}://${encoded.join('/')}`), key);
      }),
    );
  });
});
