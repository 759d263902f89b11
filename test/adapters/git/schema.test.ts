import assert from 'node:assert/strict';
import { GitReadBackConfig } from '#adapters/git/schema.ts';

describe('the config of reading back by git', () => {
  for (const [title, config] of [
    ['nothing, for public repositories', {}],
    ['a password', { password: { env: 'GIT_TOKEN' } }],
    ['a name and a password', { username: 'reader', password: { file: 'token' } }],
    ['a key and known hosts', { ssh: { key: { file: 'id' }, knownHosts: { file: 'known_hosts' } } }],
  ] as const) {
    it(`takes ${title}`, () => assert.deepEqual(GitReadBackConfig.parse(config), config));
  }

  for (const [title, config, message] of [
    ['a name without a password', { username: 'reader' }, /needs a `password`/],
    ['a name with a colon', { username: 'a:b', password: { env: 'X' } }, /without colon/],
    [
      'SSH beside a password',
      { password: { env: 'X' }, ssh: { key: { file: 'id' }, knownHosts: { file: 'kh' } } },
      /without `username` and `password`/,
    ],
    ['a key without known hosts', { ssh: { key: { file: 'id' } } }, /knownHosts/],
    ['a password in the config itself', { password: 'geheim' }, /expected object/],
    ['what it does not know', { token: { env: 'X' } }, /Unrecognized key/],
  ] as const) {
    it(`refuses ${title}`, () => {
      const parsed = GitReadBackConfig.safeParse(config);
      assert.match(parsed.error?.message ?? '', message);
    });
  }
});
