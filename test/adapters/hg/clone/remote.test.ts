import assert from 'node:assert/strict';
import { remoteSettings, remoteUrl } from '#adapters/hg/clone/remote.ts';

describe('where clones come from', () => {
  it('is the repository below the base, encoded', () => {
    assert.equal(remoteUrl('https://hg.example.com/hg/', "team/it's:infra"), "https://hg.example.com/hg/team/it's%3Ainfra");
    assert.equal(remoteUrl('ssh://hg@hg.example.com:2222//srv', 'infra'), 'ssh://hg@hg.example.com:2222//srv/infra');
  });

  it('is never a base that carries credentials or could be read as an option', () => {
    for (const base of ['https://u@h/', 'https://u:p@h/', 'ssh://u:p@h/', 'https://h/?x', 'ssh://-oProxyCommand=x/', 'ssh://-x@h/'])
      assert.throws(() => remoteUrl(base, 'infra'), { code: 'CONFIG_INVALID' }, base);
    assert.throws(() => remoteUrl('https://h', '../x'), { code: 'SOURCE_REFUSED' });
  });

  it('learns who asks by a file of settings', () => {
    assert.equal(remoteSettings('https://h/hg', { kind: 'none' }), '');
    const lines = remoteSettings('https://h/hg', { kind: 'password', username: 'reader', password: () => 'pass word;#"%' });
    const fields = ['prefix = https://h/hg', 'schemes = https', 'username = reader', 'password = pass word;#"%'];
    assert.equal(lines, `[auth]\n${fields.map((field) => `host.${field}\n`).join('')}`);
    const ssh = remoteSettings('ssh://h', { kind: 'ssh', keyFile: '/k', knownHostsFile: '/h' });
    assert.match(ssh, /^\[ui\]\nssh = ssh -F none .*IdentityFile=\/k .*UserKnownHostsFile=\/h\n$/);
  });

  it('takes no password that a line of settings cannot hold', () => {
    for (const password of ['', 'a\n[ui]\nssh = touch pwned', ' lead', 'trail '])
      assert.throws(() => remoteSettings('https://h', { kind: 'password', username: 'u', password: () => password }), {
        code: 'SOURCE_REFUSED',
      });
  });
});
