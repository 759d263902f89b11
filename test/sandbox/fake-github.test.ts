import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';

const run = promisify(execFile);
const SECRET = 'a-secret-of-this-test';
const ZERO = '0'.repeat(40);

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('the simulated GitHub', function () {
  this.timeout(20_000);
  let directory: string;
  let github: FakeGithub;
  let receiver: Server;
  let received: Received[];
  let answer: number;
  let url: string;
  const git = new GitRunner();

  const clientGit = (...args: string[]): Promise<{ stdout: string }> =>
    run('git', ['-c', 'user.name=you', '-c', 'user.email=you@example.com', ...args], { env: git.environment });
  const payload = (index: number): Record<string, unknown> => JSON.parse(received[index]?.body ?? 'null') as Record<string, unknown>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-github-'));
    github = await startFakeGithub({ clock: systemClock, log: silentLog, directory: join(directory, 'server'), git });
    received = [];
    answer = 202;
    receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answer).end('{"delivery":"x"}');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = await github.createRepository('acme/app');
    github.setWebhook({ url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/hub`, secret: SECRET });
  });
  afterEach(async () => {
    await github.stop();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    await rm(directory, { recursive: true });
  });

  it('makes a real commit and sends a push event that is signed over its exact bytes', async () => {
    const pushed = await github.push({ repository: 'acme/app', files: { 'a.txt': 'one\n' }, message: 'First' });
    assert.equal((await github.repository('acme/app').refs()).get('refs/heads/main'), pushed.after);
    const [{ headers, body }] = received as [Received];
    assert.equal(headers['x-hub-signature-256'], `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`);
    assert.equal(headers['x-github-event'], 'push');
    assert.match(headers['user-agent'] ?? '', /^GitHub-Hookshot\//);
    assert.equal(headers['x-github-delivery'], pushed.delivery?.id);
    assert.deepEqual({ status: pushed.delivery?.status, answer: pushed.delivery?.answer }, { status: 202, answer: '{"delivery":"x"}' });
  });

  it('tells in the payload what moved: creation, update with its commits and files, and who did it', async () => {
    const first = await github.push({ repository: 'acme/app', files: { 'a.txt': 'one\n' } });
    const second = await github.push({
      repository: 'acme/app',
      files: { 'b.txt': 'two\n', 'a.txt': null },
      message: 'Second',
      by: 'alice',
    });
    const created = payload(0);
    assert.deepEqual([created['before'], created['after'], created['created']], [ZERO, first.after, true]);
    const updated = payload(1);
    assert.deepEqual(
      [updated['before'], updated['after'], updated['forced'], updated['ref']],
      [first.after, second.after, false, 'refs/heads/main'],
    );
    const [commit, ...more] = updated['commits'] as Record<string, unknown>[];
    assert.deepEqual(
      [commit?.['id'], commit?.['message'], commit?.['added'], commit?.['removed']],
      [second.after, 'Second', ['b.txt'], ['a.txt']],
    );
    assert.deepEqual(more, []);
    assert.equal((updated['sender'] as Record<string, unknown>)['login'], 'alice');
    assert.equal((updated['repository'] as Record<string, unknown>)['full_name'], 'acme/app');
  });

  it('calls a push that drops commits forced', async () => {
    const first = await github.push({ repository: 'acme/app', files: { a: '1' } });
    const second = await github.push({ repository: 'acme/app', files: { a: '2' } });
    const forced = await github.push({ repository: 'acme/app', files: { a: '3' }, onto: first.after ?? '' });
    assert.deepEqual([payload(2)['before'], payload(2)['after'], payload(2)['forced']], [second.after, forced.after, true]);
  });

  it('names for an annotated tag the tag object in `after` and the commit in head_commit', async () => {
    const pushed = await github.push({ repository: 'acme/app', files: { a: '1' } });
    const tag = await github.tag('acme/app', 'v1.0.0', pushed.after ?? '', 'Version 1');
    assert.notEqual(tag.after, pushed.after);
    assert.deepEqual([payload(1)['ref'], payload(1)['after'], payload(1)['commits']], ['refs/tags/v1.0.0', tag.after, []]);
    assert.equal((payload(1)['head_commit'] as Record<string, unknown>)['id'], pushed.after);
    assert.equal((await github.repository('acme/app').refs()).get('refs/tags/v1.0.0'), pushed.after);
  });

  it('tells of a deleted branch with zeros and no head commit', async () => {
    const pushed = await github.push({ repository: 'acme/app', branch: 'topic', files: { a: '1' } });
    await github.move('acme/app', 'refs/heads/topic', null);
    assert.deepEqual(
      [payload(1)['before'], payload(1)['after'], payload(1)['deleted'], payload(1)['head_commit']],
      [pushed.after, ZERO, true, null],
    );
  });

  it('sends a ping', async () => {
    await github.ping();
    assert.equal(received[0]?.headers['x-github-event'], 'ping');
  });

  it('never repeats a delivery by itself, and redelivers the same bytes under the same id when asked', async () => {
    answer = 503;
    const pushed = await github.push({ repository: 'acme/app', files: { a: '1' } });
    assert.equal(pushed.delivery?.status, 503);
    assert.equal(received.length, 1);
    answer = 202;
    const again = await github.redeliver(pushed.delivery?.id ?? '');
    assert.deepEqual([again.id, again.body, again.status], [pushed.delivery?.id, pushed.delivery?.body, 202]);
  });

  it('can lose a delivery on its way, which a redelivery brings after all', async () => {
    github.lose();
    const pushed = await github.push({ repository: 'acme/app', files: { a: '1' } });
    assert.deepEqual([pushed.delivery?.status, received.length], [null, 0]);
    await github.redeliver(pushed.delivery?.id ?? '');
    assert.equal(received[0]?.headers['x-github-delivery'], pushed.delivery?.id);
  });

  it('notes a receiver that is not there instead of failing the push', async () => {
    github.setWebhook({ url: 'http://127.0.0.1:1/hooks/hub', secret: SECRET });
    const pushed = await github.push({ repository: 'acme/app', files: { a: '1' } });
    assert.equal(pushed.delivery?.status, null);
    assert.match(pushed.delivery?.answer ?? '', /ECONNREFUSED/);
  });

  it('lets git clone and push over HTTP, and sends a webhook for each ref that a push moved', async () => {
    await github.push({ repository: 'acme/app', files: { 'a.txt': 'one\n' } });
    const checkout = join(directory, 'checkout');
    await clientGit('clone', '--quiet', url, checkout);
    await writeFile(join(checkout, 'a.txt'), 'two\n');
    await clientGit('-C', checkout, 'commit', '--quiet', '-am', 'From a checkout');
    await clientGit('-C', checkout, 'tag', 'v2');
    const both = new Promise<void>((resolve) => {
      let left = 2;
      github.onDelivery(() => (--left === 0 ? resolve() : undefined));
    });
    await clientGit('-C', checkout, 'push', '--quiet', 'origin', 'main', 'v2');
    await both;
    const head = (await clientGit('-C', checkout, 'rev-parse', 'HEAD')).stdout.trim();
    const sent = [payload(1), payload(2)].map((each) => `${String(each['ref'])} ${String(each['after'])}`);
    assert.deepEqual(sent.sort(), [`refs/heads/main ${head}`, `refs/tags/v2 ${head}`]);
  });

  it('leads git from the earlier name of a repository to the present one', async () => {
    const { after } = await github.push({ repository: 'acme/app', files: { a: '1' } });
    github.renameRepository('acme/app', 'acme/renamed');
    const answer = await fetch(`${url}/info/refs?service=git-upload-pack`, { redirect: 'manual' });
    assert.equal(answer.status, 301);
    assert.equal(answer.headers.get('location'), `${github.url}/acme/renamed.git/info/refs?service=git-upload-pack`);
    const checkout = join(directory, 'checkout');
    await clientGit('clone', '--quiet', url, checkout);
    assert.equal((await clientGit('-C', checkout, 'rev-parse', 'HEAD')).stdout.trim(), after);
  });

  it('serves only repositories that it has made', async () => {
    for (const path of ['/acme/nope.git/info/refs?service=git-upload-pack', '/../server/acme/app.git/config', '/acme/app.git/HEAD']) {
      assert.equal((await fetch(`${github.url}${path}`)).status, 404, path);
    }
  });

  it('says in one line that git is missing', async () => {
    const options = { clock: systemClock, log: silentLog, directory, git: new GitRunner(join(directory, 'no-programs-here')) };
    await assert.rejects(startFakeGithub(options), {
      code: 'TOOL_MISSING',
      message: 'The sandbox needs git, and no `git` is in the path.',
    });
  });
});
