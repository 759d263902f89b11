import assert from 'node:assert/strict';
import fc from 'fast-check';
import { repositoryBases, repositoryKeysAt, repositoryUnder } from '#adapters/github/urls.ts';

describe('the URLs of a GitHub source', () => {
  it('of github.com include SSH over the HTTPS port', () => {
    assert.deepEqual(repositoryKeysAt(repositoryBases('https://github.com', []), 'org/app'), {
      keys: ['github.com/org/app', 'ssh.github.com:443/org/app'],
      caseSensitive: false,
    });
  });

  it('of an Enterprise Server are its own', () => {
    assert.deepEqual(repositoryKeysAt(repositoryBases('https://ghe.example:8443', []), 'org/app').keys, ['ghe.example:8443/org/app']);
  });

  it('of aliases append the full name, without repeating an owner that the alias ends with', () => {
    const bases = repositoryBases('https://ghe.example', ['https://git.mirror.example/org', 'git@mirror.example:github']);
    assert.deepEqual(repositoryKeysAt(bases, 'org/payments').keys, [
      'ghe.example/org/payments',
      'git.mirror.example/org/payments',
      'mirror.example/github/org/payments',
    ]);
    assert.deepEqual(repositoryKeysAt(bases, 'Org/payments').keys[1], 'git.mirror.example/org/payments');
    assert.deepEqual(repositoryKeysAt(bases, 'other/payments').keys[1], 'git.mirror.example/org/other/payments');
  });

  const bases = repositoryBases('https://github.com', ['https://git.mirror.example/org', 'https://mirror.example/github']);
  const known: readonly [string, string | undefined][] = [
    ['https://github.com/org/app.git', 'org/app'],
    ['git@github.com:Org/App.git', 'Org/App'],
    ['ssh://git@ssh.github.com:443/org/app', 'org/app'],
    ['https://git.mirror.example/org/app', 'org/app'],
    ['https://git.mirror.example/ORG/app', 'ORG/app'],
    ['https://git.mirror.example/org/other/app', 'other/app'],
    ['https://git.mirror.example/org/org/app', undefined],
    ['https://mirror.example/github/org/app', 'org/app'],
    ['https://mirror.example/github/app', 'github/app'],
    ['https://mirror.example/org/app', undefined],
    ['https://github.com/app', undefined],
    ['https://github.com/org/app/tree', undefined],
    ['https://github.com', undefined],
    ['https://gitlab.example/org/app', undefined],
    ['not a url', undefined],
  ];
  for (const [url, repository] of known)
    it(`find ${repository ?? 'no repository'} at ${url}`, () => {
      assert.equal(repositoryUnder(bases, url), repository);
    });

  it('find every repository again under each of its keys', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9-]{1,10}$/);
    fc.assert(
      fc.property(word, word, (owner, name) => {
        for (const key of repositoryKeysAt(bases, `${owner}/${name}`).keys) {
          assert.equal(repositoryUnder(bases, `ssh://git@${key}`)?.toLowerCase(), `${owner}/${name}`.toLowerCase(), key);
        }
      }),
    );
  });
});
