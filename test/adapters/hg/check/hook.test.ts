import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkHooks } from '#adapters/hg/check/hook.ts';
import { HgSource } from '#adapters/hg/schema.ts';

const now = Date.UTC(2026, 0, 1);

describe('a check of the hook on this machine', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-hg-hook-check-'));
    await write('srv/infra/.hg/requires', '');
    await write('headgate_hook.py', '');
    credential = `secret-file = ${await write('secret', 'a secret of the source')}\n`;
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = async (name: string, text: string): Promise<string> => {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  };
  let credential: string;
  const lines = (more = '', url = 'https://headgate.example.com/hooks/hg'): string =>
    `[hooks]\ntxnclose.headgate = python:${join(directory, 'headgate_hook.py')}:txnclose\n${more}[headgate]\nurl = ${url}\n${credential}`;
  const webhook = { secrets: [{ env: 'HOOK' }] };
  const check = async (config?: object) => {
    const rights = { repositories: join(directory, 'srv') };
    const source = HgSource.parse({ name: 'hg', type: 'hg', url: 'https://hg.example.com', web: {}, ...(config ?? { webhook, rights }) });
    return checkHooks({ about: 'source hg', source, repositories: ['infra'], system: join(directory, 'etc'), now });
  };
  const said = async (...args: Parameters<typeof check>) => (await check(...args)).map(({ severity, message }) => `${severity} ${message}`);

  it('finds it in the files of the system, in those of the config and in that of the repository, which goes before', async () => {
    const system = await write('etc/hgrc.d/headgate.rc', lines());
    assert.deepEqual(await said(), [`good hook of infra: txnclose.headgate of ${system}`]);
    await rm(system);
    const file = await write('hgweb.conf', lines());
    const rights = { repositories: join(directory, 'srv'), hgrc: [{ file }] };
    assert.deepEqual(await said({ rights, webhook }), [`good hook of infra: txnclose.headgate of ${file}`]);
    await write('srv/infra/.hg/hgrc', '[hooks]\n%unset txnclose.headgate\n');
    assert.deepEqual(await said({ rights, webhook }), ['warning no hook of Headgate runs for infra']);
    const own = await write('srv/infra/.hg/hgrc', lines());
    assert.deepEqual(await said(), [`good hook of infra: txnclose.headgate of ${own}`]);
  });

  it('says how it is installed where there is none', async () => {
    const [found] = await check();
    assert.deepEqual([found?.code, found?.severity], ['HG_HOOK', 'warning']);
    assert.match(
      found?.mend ?? '',
      /install-hook --url https:\/\/<this machine>\/hooks\/hg --base https:\/\/hg\.example\.com --root .*srv/,
    );
  });

  it('names what keeps it from running, or from being heard', async () => {
    await write('etc/hgrc', lines('', 'https://headgate.example.com/hooks/other'));
    assert.match((await said())[0] ?? '', /^warning .*its url is ".*\/hooks\/other", which is not \/hooks\/hg$/);
    await write('etc/hgrc', lines());
    await chmod(join(directory, 'headgate_hook.py'), 0o666);
    assert.match((await said())[0] ?? '', /^warning .*everybody may change .*headgate_hook\.py/);
    await rm(join(directory, 'headgate_hook.py'));
    assert.match((await said())[0] ?? '', /^warning .*headgate_hook\.py is not there$/);
  });

  it('follows no %include, and says that it does not know then', async () => {
    await write('etc/hgrc', '%include /elsewhere\n');
    assert.match((await said())[0] ?? '', /^unknown .*not followed where it says "%include \/elsewhere"$/);
  });

  it('names what keeps it from being believed, where it has a secret', async () => {
    const hgrc = await write('etc/hgrc', lines());
    assert.deepEqual(await said(), [`good hook of infra: txnclose.headgate of ${hgrc}`]);
    const tokens = [{ issuer: 'corp', match: { sub: 'hg' } }];
    const rights = { repositories: join(directory, 'srv') };
    assert.match(
      (await said({ rights, webhook: { tokens } }))[0] ?? '',
      /^warning .*signs with a secret, and the source takes tokens alone$/,
    );
    credential = 'secret-file = /nonexistent/secret\n';
    await write('etc/hgrc', lines());
    assert.match((await said())[0] ?? '', /^warning .*\/nonexistent\/secret is not there$/);
    credential = '';
    await write('etc/hgrc', lines());
    assert.match((await said())[0] ?? '', /^warning .*neither secret-file nor token-file/);
    credential = 'secret-file = /a\ntoken-file = /b\n';
    await write('etc/hgrc', lines());
    assert.match((await said())[0] ?? '', /^warning .*both secret-file and token-file/);
  });

  describe('that shows a token', () => {
    const token = (claims: object): string =>
      ['{}', JSON.stringify({ sub: 'hg', aud: 'headgate', exp: now / 1_000 + 60, ...claims }), 'signature']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.');
    const shows = async (content: string, url?: string) => {
      credential = `token-file = ${await write('token', `${content}\n`)}\n`;
      await write('etc/hgrc', lines('', url));
      const tokens = [{ issuer: 'corp', match: { sub: 'hg', team: 'sre' } }];
      return (await said({ rights: { repositories: join(directory, 'srv') }, webhook: { tokens } }))[0] ?? '';
    };

    it('is good with one that lasts, and that the source takes', async () => {
      assert.match(await shows(token({ team: 'sre' })), /^good /);
      for (const host of ['127.0.0.1', '[::1]', 'localhost'])
        assert.match(await shows(token({ team: 'sre' }), `http://${host}:9292/hooks/hg`), /^good /);
    });

    it('names what keeps it from being believed', async () => {
      assert.match(await shows(token({ team: 'sre', exp: now / 1_000 })), /^warning .*token expired at 2026-01-01T00:00:00\.000Z$/);
      assert.match(await shows(token({ team: 'web' })), /^warning .*is that of "hg", which webhook\.tokens does not list so$/);
      assert.match(await shows('no token'), /^warning .*token holds no token \(JWT\)$/);
      assert.match(await shows(token({ team: 'sre' }), 'http://headgate.example.com/hooks/hg'), /^warning .*without TLS$/);
      await rm(join(directory, 'token'));
      const tokens = [{ issuer: 'corp', match: { sub: 'hg' } }];
      const rights = { repositories: join(directory, 'srv') };
      await write('etc/hgrc', lines());
      assert.match((await said({ rights, webhook: { tokens } }))[0] ?? '', /^warning .*token is not there$/);
      assert.match((await said())[0] ?? '', /^warning .*shows a token, and the source takes none$/);
    });
  });

  it('looks at nothing where the config does not say that the repositories lie here, or takes no hook', async () => {
    assert.deepEqual(await check({ webhook }), []);
    assert.deepEqual(await check({ rights: { repositories: directory } }), []);
  });
});
