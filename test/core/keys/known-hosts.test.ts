import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { knownHostsName, knowsHost, readKnownHost } from '#core/keys/known-hosts.ts';

const key = 'ssh-ed25519 AAAA';
const fixture = (name: string): Promise<string> => readFile(new URL(`../../fixtures/gerrit/ssh/${name}`, import.meta.url), 'utf8');

describe('known_hosts', () => {
  const cases: readonly (readonly [string, string, number, boolean])[] = [
    [`git.example ${key}`, 'git.example', 22, true],
    [`# git.example ${key}`, 'git.example', 22, false],
    [`@revoked git.example ${key}`, 'git.example', 22, false],
    [`@cert-authority git.example ${key}`, 'git.example', 22, false],
    [`@whatever git.example ${key}`, 'git.example', 22, false],
    [`other.example,Git.Example ${key}`, 'git.example', 22, true],
    [`git.example ${key}`, 'GIT.example', 22, true],
    [`git.example ${key}`, 'git.example', 2222, false],
    [`[git.example]:2222 ${key}`, 'git.example', 2222, true],
    [`[git.example]:2222 ${key}`, 'git.example', 22, false],
    [`[*.example]:2222 ${key}`, 'git.example', 2222, true],
    [`*.example ${key}`, 'git.example', 22, true],
    [`*.example,!git.example ${key}`, 'git.example', 22, false],
    [`!git.example,*.example ${key}`, 'git.example', 22, false],
    [`!git.example ${key}`, 'other.example', 22, false],
    [`g?t.example ${key}`, 'git.example', 22, true],
    [`git.exampl ${key}`, 'git.example', 22, false],
    [`\tgit.example\t${key} a comment\r`, 'git.example', 22, true],
    [`git.example ssh-ed25519`, 'git.example', 22, false],
    [`|1|not-base64|x ${key}`, 'git.example', 22, false],
    [`|2|AAAA|AAAA ${key}`, 'git.example', 22, false],
  ];
  for (const [line, host, port, known] of cases)
    it(`${known ? 'has' : 'does not have'} ${host}:${port} in "${line.trim().slice(0, 40)}"`, () =>
      assert.equal(knowsHost(`${line}\n`, host, port), known));

  it('gives each key with its type, and those that are revoked and authorities apart', () => {
    const text = [
      'git.example ssh-ed25519 AAAA',
      'git.example ssh-rsa BBBB',
      '@revoked * ssh-rsa CCCC',
      '@cert-authority *.example ssh-rsa DDDD',
      'other.example ssh-rsa EEEE',
    ];
    const { keys, revoked, authorities } = readKnownHost(text.join('\n'), 'git.example', 22);
    const shown = (of: typeof keys): string[] => of.map(({ type, blob }) => `${type} ${blob.toString('base64')}`);
    assert.deepEqual(shown(keys), ['ssh-ed25519 AAAA', 'ssh-rsa BBBB']);
    assert.deepEqual(shown(revoked), ['ssh-rsa CCCC']);
    assert.equal(authorities, 1);
  });

  it('finds names that ssh-keygen has hashed', async () => {
    const [text, host, other] = await Promise.all(['hashed_hosts', 'host.pub', 'other-host.pub'].map(fixture));
    const blobs = (name: string, port: number): string[] =>
      readKnownHost(text ?? '', name, port).keys.map(({ blob }) => blob.toString('base64'));
    assert.deepEqual(blobs('review.example.com', 29_418), [host?.split(' ')[1]]);
    assert.deepEqual(blobs('192.0.2.7', 29_418), [host?.split(' ')[1]]);
    assert.deepEqual(blobs('plain.example.com', 22), [other?.split(' ')[1]]);
    assert.deepEqual(blobs('review.example.com', 22), []);
  });

  it('is not slow on patterns made to be', () => {
    assert.equal(knowsHost(`${'*a'.repeat(2_000)}*b ${key}\n`, 'a'.repeat(250), 22), false);
  });

  it('is written with the port in brackets where it is not that of SSH', () => {
    assert.deepEqual([knownHostsName('Git.example', 22), knownHostsName('Git.example', 29_418)], ['git.example', '[git.example]:29418']);
  });
});
