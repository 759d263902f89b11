import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGerrit, type FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { newSshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';

const run = promisify(execFile);

/** Whatever clients of others take for a Gerrit is one, as far as they look. */
describe('the simulated Gerrit, used by clients that others wrote', function () {
  this.timeout(120_000);
  let directory: string;
  let gerrit: FakeGerrit;
  let env: Record<string, string>;
  const running = new Set<ChildProcess>();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-gerrit-clients-'));
    const hostKeys = [newSshKey('ed25519'), newSshKey('ecdsa'), newSshKey('rsa')];
    gerrit = await startFakeGerrit({ clock: systemClock, log: silentLog, directory: join(directory, 'server'), hostKeys });
    const [key, stranger] = [newSshKey(), newSshKey()];
    gerrit.plugins.downloadCommands = true;
    gerrit.createAccount({ username: 'bot', groups: ['Service Users'], sshKeys: [key.publicKey] });
    gerrit.createAccount({ username: 'dev', name: 'Dév Élöper', password: 'dev-password', sshKeys: [key.publicKey] });
    const review = '[gerrit]\nscheme=http\nhost=127.0.0.1\nproject=demo/app\ndefaultbranch=main\n';
    await gerrit.createProject({ name: 'demo/app', files: { 'README.md': 'app\n', '.gitreview': review } });
    await keyFile('key', key.privateKey);
    await keyFile('stranger', stranger.privateKey);
    await writeFile(join(directory, 'known_hosts'), gerrit.ssh.knownHosts);
    await writeFile(join(directory, '.gitconfig'), '[user]\n\tname = Dév Élöper\n\temail = dev@example.com\n');
    env = { PATH: process.env['PATH'] ?? '', HOME: directory, LC_ALL: 'C.UTF-8' };
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await gerrit.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const keyFile = async (name: string, text: string): Promise<void> => {
    await writeFile(join(directory, name), text);
    await chmod(join(directory, name), 0o600);
  };
  const sshArguments = (user: string, key = 'key'): string[] => {
    const known = `UserKnownHostsFile=${join(directory, 'known_hosts')}`;
    const options = ['-F', 'none', '-T', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', known, '-o', 'IdentitiesOnly=yes'];
    return [...options, '-i', join(directory, key), '-p', String(gerrit.ssh.port), `${user}@127.0.0.1`];
  };
  const ssh = async (user: string, command: string, key?: string): Promise<{ code: unknown; stdout: string; stderr: string }> => {
    const options = { env, timeout: 60_000 };
    try {
      return { code: 0, ...(await run('ssh', [...sshArguments(user, key), command], options)) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  };
  const start = (command: string, args: readonly string[]): { child: ChildProcess; lines: Interface } => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(child);
    return { child, lines: createInterface(child.stdout) };
  };
  const stop = async (child: ChildProcess): Promise<void> => {
    running.delete(child);
    if (child.exitCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  const submitted = async (files: Record<string, string>): Promise<number> => {
    const change = await gerrit.createChange({ project: 'demo/app', by: 'dev', files });
    await gerrit.vote(change, { value: 2 });
    await gerrit.submit(change);
    return change.number;
  };

  it('OpenSSH runs its commands, and gets exit codes and words as from a real one', async () => {
    assert.deepEqual(await ssh('bot', 'gerrit version'), { code: 0, stdout: 'gerrit version 3.14.2\n', stderr: '' });
    assert.deepEqual(await ssh('bot', 'gerrit nosuch'), { code: 1, stdout: '', stderr: 'fatal: gerrit: nosuch: not found\n' });
    assert.deepEqual(await ssh('dev', 'gerrit stream-events'), { code: 1, stdout: '', stderr: 'stream events not permitted\n' });
    const stranger = await ssh('bot', 'gerrit version', 'stranger');
    assert.equal(stranger.code, 255);
    assert.match(stranger.stderr, /Permission denied \(publickey\)/);
  });

  it('OpenSSH streams events, through an exchange of keys, and exits 255 when the server goes away', async () => {
    const { child, lines } = start('ssh', [...sshArguments('bot'), 'gerrit stream-events -s change-merged -s ref-updated']);
    const told: { type: string; change?: { number: number; owner: { name: string } } }[] = [];
    const until = async (number: number): Promise<void> => {
      while (!told.some((each) => each.change?.number === number)) await once(lines, 'told');
    };
    lines.on('line', (line) => {
      told.push(JSON.parse(line));
      lines.emit('told');
    });
    while (gerrit.ssh.streams === 0) await new Promise((resolve) => setImmediate(resolve));
    await until(await submitted({ a: '1' }));
    await gerrit.ssh.rekey();
    await until(await submitted({ b: '1' }));
    assert.equal(told.at(-1)?.change?.owner.name, 'Dév Élöper');
    const exit = once(child, 'exit');
    gerrit.ssh.closeConnections();
    assert.deepEqual(await exit, [255, null]);
    await stop(child);
  });

  it('git-review pushes a change, lists it and downloads it', async () => {
    const work = join(directory, 'work');
    const remote = gerrit.http.url.replace('//', '//dev:dev-password@');
    const git = (...args: string[]) => run('git', args, { env, cwd: directory });
    const review = (...args: string[]) => run('git-review', args, { env, cwd: work });
    await git('clone', '--quiet', '--origin', 'gerrit', `${remote}/a/demo/app`, work);
    await writeFile(join(work, 'c.yaml'), 'c\n');
    await git('-C', work, 'checkout', '--quiet', '-b', 'topic-c');
    await git('-C', work, 'add', '-A');
    await review('--setup', '--remote', 'gerrit');
    await git('-C', work, 'commit', '--quiet', '-m', 'Add c');
    const pushed = await review('--yes', '--no-rebase', '--remote', 'gerrit', 'main');
    assert.match(`${pushed.stdout}${pushed.stderr}`, /\/c\/demo\/app\/\+\/\d+ Add c \[NEW\]/);
    const listed = await review('--list', '--remote', 'gerrit');
    const number = /(\d+).*Add c/.exec(listed.stdout)?.[1];
    assert.ok(number !== undefined, listed.stdout);
    assert.deepEqual([gerrit.change(Number(number)).owner.username, gerrit.change(Number(number)).topic], ['dev', 'topic-c']);
    await git('-C', work, 'checkout', '--quiet', 'main');
    await review('--download', number, '--remote', 'gerrit');
    const { stdout } = await git('-C', work, 'log', '-1', '--format=%H');
    assert.equal(stdout.trim(), gerrit.change(Number(number)).patchSets[0]?.revision);
  });

  it('pygerrit2 reads a change, votes on it and submits it', async () => {
    const change = await gerrit.createChange({ project: 'demo/app', by: 'dev', files: { d: '1' } });
    const program = `
import sys, json
from pygerrit2.rest import GerritRestAPI, GerritReview
from requests.auth import HTTPBasicAuth
rest = GerritRestAPI(url=sys.argv[1], auth=HTTPBasicAuth('admin', sys.argv[2]))
found = rest.get('/changes/?q=status:open project:demo/app change:' + sys.argv[3])
review = GerritReview(message='looks good — ✓', labels={'Code-Review': 2})
rest.review(found[0]['id'], 'current', review)
rest.post('/changes/' + found[0]['id'] + '/submit', json={})
print(json.dumps(rest.get('/changes/' + found[0]['id'] + '/detail')))
`;
    const { password } = gerrit.account('admin');
    const { stdout } = await run('/usr/bin/python3', ['-c', program, gerrit.http.url, password, String(change.number)], { env });
    const read = JSON.parse(stdout);
    assert.deepEqual([read.status, read.labels['Code-Review'].approved.username, read.submitter.username], ['MERGED', 'admin', 'admin']);
    assert.match(
      gerrit
        .messages(change)
        .map(({ message }) => message)
        .join('\n'),
      /Code-Review\+2\n\nlooks good — ✓/,
    );
  });

  it('gerritlib hears events over its own SSH', async () => {
    const program = `
import sys
from gerritlib.gerrit import Gerrit
gerrit = Gerrit('127.0.0.1', 'bot', int(sys.argv[1]), sys.argv[2])
gerrit.startWatching(connection_attempts=3, retry_delay=0)
while True:
    event = gerrit.getEvent()
    print(event['type'], flush=True)
`;
    const { child, lines } = start('/usr/bin/python3', ['-W', 'ignore', '-c', program, String(gerrit.ssh.port), join(directory, 'key')]);
    const types = new Set<string>();
    lines.on('line', (type) => {
      types.add(type);
      lines.emit('told');
    });
    while (gerrit.ssh.streams === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    // It takes one line for each time that bytes arrive: what came together is read with what comes later.
    for (let round = 0; round < 20 && !types.has('change-merged'); round += 1) {
      const told = once(lines, 'told');
      await submitted({ [`round-${round}`]: '1' });
      await told;
    }
    assert.ok(types.has('change-merged') && types.has('ref-updated'), [...types].join(' '));
    await stop(child);
  });
});
