import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHeadgate, type Ran } from './run-headgate.ts';

describe('headgate hg install-hook', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-install-hook-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const at = (...names: string[]): string => join(directory, ...names);
  const install = (...more: readonly string[]): Promise<Ran> => {
    const places = {
      '--to': at('mercurial'),
      '--hgrc': at('mercurial/hgrc.d/headgate.rc'),
      '--spool': at('spool'),
      '--secret-file': at('secret'),
    };
    const what = { '--url': 'https://headgate.example.com/hooks/hg', '--base': 'https://hg.example.com', '--root': '/srv/hg' };
    return runHeadgate(['hg', 'install-hook', ...Object.entries({ ...what, ...places }).flat(), ...more]);
  };
  const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
  const hooks = join(import.meta.dirname, '..', '..', 'hooks', 'hg');

  it('brings the hook, its spool and the hgrc, and leaves alone what is there', async () => {
    await writeFile(at('secret'), 'a secret of the source', { mode: 0o600 });
    const first = await install();
    assert.equal(first.code, 0, first.stderr);
    const [spool, hook, hgrc] = [at('spool'), at('mercurial/headgate_hook.py'), at('mercurial/hgrc.d/headgate.rc')];
    assert.equal(first.stdout, `✔ ${spool}\n✔ ${hook}\n✔ ${hgrc}\n`);
    assert.match(first.stderr, /^► give \S+spool to the account that hg runs as: chown it\n► `hg config hooks`/);
    assert.equal(await readFile(hook, 'utf8'), await readFile(join(hooks, 'headgate_hook.py'), 'utf8'));
    assert.deepEqual((await readFile(hgrc, 'utf8')).split('\n').slice(1), [
      '[hooks]',
      `txnclose.headgate = python:${hook}:txnclose`,
      '',
      '[headgate]',
      'url = https://headgate.example.com/hooks/hg',
      `secret-file = ${at('secret')}`,
      'base = https://hg.example.com',
      'root = /srv/hg',
      `spool = ${spool}`,
      '',
    ]);
    assert.deepEqual([await mode(spool), await mode(hook), await mode(hgrc)], ['700', '644', '644']);
    const again = await install();
    assert.equal(again.stdout, `✔ ${spool} (as it was)\n✔ ${hook} (as it was)\n✔ ${hgrc} (as it was)\n`);
    const other = await install('--url', 'https://other.example.com/hooks/hg', '--ca-file', '/etc/ssl/ca.pem');
    assert.equal(other.stdout, `✔ ${hgrc}\n✔ ${spool} (as it was)\n✔ ${hook} (as it was)\n`);
    assert.match(await readFile(hgrc, 'utf8'), /^url = https:\/\/other[^]*^ca-file = \/etc\/ssl\/ca\.pem$/m);
    assert.deepEqual((await readdir(at('mercurial'))).toSorted(), ['headgate_hook.py', 'hgrc.d']);
  });

  it('brings the form in sh, which has no spool', async () => {
    const { code, stdout } = await install('--sh');
    const [hook, hgrc] = [at('mercurial/headgate-hook.sh'), at('mercurial/hgrc.d/headgate.rc')];
    assert.deepEqual([code, stdout], [0, `✔ ${hook}\n✔ ${hgrc}\n`]);
    const text = await readFile(hgrc, 'utf8');
    for (const name of ['changegroup', 'pushkey']) assert.ok(text.includes(`\n${name}.headgate = sh ${hook} ${hgrc}\n`));
    assert.doesNotMatch(text, /spool|txnclose/);
  });

  it('has the hook show a token where one is named, which the form in sh cannot', async () => {
    const { stdout } = await install('--token-file', '/run/headgate/token', '--dry-run');
    assert.match(stdout, /^token-file = \/run\/headgate\/token$/m);
    assert.doesNotMatch(stdout, /secret-file/);
    const { code, stderr } = await install('--token-file', '/run/headgate/token', '--sh');
    assert.deepEqual([code, /the form in sh shows no tokens/.test(stderr)], [2, true], stderr);
  });

  it('writes nothing when it is only to say what it would', async () => {
    const { code, stdout, stderr } = await install('--dry-run');
    assert.equal(code, 0);
    assert.match(stdout, /^# Written by[^]*^\[headgate\]$[^]*^spool = /m);
    assert.match(stderr, /^► nothing was written; this would be /);
    assert.deepEqual(await readdir(directory), []);
  });

  it('leaves an hgrc of somebody else as it is', async () => {
    await mkdir(at('mercurial/hgrc.d'), { recursive: true });
    await writeFile(at('mercurial/hgrc.d/headgate.rc'), '[ui]\n');
    const { code, stderr } = await install();
    assert.equal(code, 2);
    assert.match(stderr, /headgate\.rc holds something else/);
    assert.equal(await readFile(at('mercurial/hgrc.d/headgate.rc'), 'utf8'), '[ui]\n');
    assert.deepEqual(await readdir(at('mercurial')), ['hgrc.d']);
  });

  it('puts nothing where everybody may write, and tells of a secret that everybody may read', async () => {
    await mkdir(at('mercurial'));
    await chmod(at('mercurial'), 0o777);
    const refused = await install();
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /everybody may write to \S+mercurial/);
    await chmod(at('mercurial'), 0o755);
    assert.match((await install()).stderr, /^► \S+secret is not there yet/);
    await writeFile(at('secret'), 'a secret of the source');
    await chmod(at('secret'), 0o644);
    assert.match((await install()).stderr, /^► everybody may read \S+secret, .*chmod o-r/);
  });

  it('takes nothing that would be read otherwise than it was meant', async () => {
    const wrong = [
      ['--url', 'https://headgate.example.com'],
      ['--url', 'http://headgate.example.com/hooks/hg'],
      ['--url', 'https://user@headgate.example.com/hooks/hg'],
      ['--base', 'hg'],
      ['--base', 'https://hg.example.com/?x'],
      ['--root', 'srv/hg'],
      ['--root', '/srv/hg\n[hooks]'],
      ['--spool', '/var/spool '],
      ['--to', '/etc/mercurial; rm'],
      ['--hgrc', '/etc/$HOME/x.rc'],
      ['--secret-file', 'secret'],
    ];
    for (const [option = '', value = ''] of wrong) {
      const { code, stdout, stderr } = await install('--dry-run', option, value);
      assert.deepEqual([code, stdout], [2, ''], `${option} ${value}: ${stderr}`);
    }
    assert.deepEqual(await readdir(directory), []);
  });
});
