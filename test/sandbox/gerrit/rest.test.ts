import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import { gerritWorld, inShort, type GerritWorld, type Json } from './gerrit-world.ts';

const run = promisify(execFile);
const { environment } = new GitRunner();
const APP = '/a/projects/demo%2Fapp';

describe('the simulated Gerrit: REST and git', function () {
  this.timeout(30_000);
  let world: GerritWorld;

  beforeEach(async () => {
    world = await gerritWorld();
  });
  afterEach(() => world.stop());

  const reviewed = async (more: Record<string, unknown> = {}) => {
    const change = await world.gerrit.createChange({ project: 'demo/app', by: 'dev', files: { 'a.yaml': '1' }, ...more });
    await world.gerrit.vote(change, { value: 2 });
    return change;
  };
  const detail = async (number: number): Promise<Json> => {
    const options = ['CURRENT_REVISION', 'ALL_REVISIONS', 'DETAILED_ACCOUNTS', 'DETAILED_LABELS', 'SUBMIT_REQUIREMENTS', 'MESSAGES'];
    const { body } = await world.rest('bot', `/a/changes/demo%2Fapp~${number}?${options.map((each) => `o=${each}`).join('&')}`);
    return body;
  };

  it('knows who asks, and says 401 where that is unclear', async () => {
    assert.deepEqual((await world.rest('bot', '/a/accounts/self')).body, {
      _account_id: 1_000_001,
      name: 'Headgate Bot',
      email: 'bot@example.com',
      username: 'bot',
      tags: ['SERVICE_USER'],
    });
    const refused = await world.rest('-', '/a/accounts/self');
    assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Basic realm="Gerrit Code Review"']);
    world.gerrit.deactivate('bot');
    assert.equal((await world.rest('bot', '/a/accounts/self')).status, 401);
  });

  it('shows a submitted change with its votes and what was required', async () => {
    const change = await reviewed();
    await world.gerrit.submit(change);
    await world.gerrit.vote(change, { by: 'dev', value: 1 });
    const body = await detail(change.number);
    assert.deepEqual([body['status'], body['submitter'].username, body['owner'].username], ['MERGED', 'admin', 'dev']);
    const votes = body['labels']['Code-Review'].all.map((vote: Json) => [vote.username, vote.value, vote.post_submit]);
    assert.deepEqual(votes, [
      ['admin', 2, undefined],
      ['dev', 1, true],
    ]);
    assert.deepEqual(
      body['submit_requirements'].map((each: Json) => [each.name, each.status]),
      [
        ['Code-Review', 'SATISFIED'],
        ['No-Unresolved-Comments', 'NOT_APPLICABLE'],
      ],
    );
    assert.equal(body['current_revision'], change.patchSets[0]?.revision);
  });

  it('refuses a submit that lacks votes or the right', async () => {
    const change = await world.gerrit.createChange({ project: 'demo/app', by: 'dev', files: { a: '1' } });
    await assert.rejects(world.gerrit.submit(change, 'dev'), /submit not permitted/);
    await assert.rejects(world.gerrit.submit(change), /submit requirement 'Code-Review' is unsatisfied/);
    await assert.rejects(world.gerrit.vote(change, { by: 'dev', value: 2 }), /Applying label "Code-Review": 2 is restricted/);
  });

  it('closes an open change whose commit is pushed, without a vote and without a requirement', async () => {
    const change = await world.gerrit.createChange({ project: 'demo/app', by: 'dev', files: { a: '1' } });
    const told = world.gerrit.events.length;
    await world.gerrit.push({ project: 'demo/app', commit: change.patchSets[0]?.revision ?? '' });
    assert.deepEqual(inShort(world.gerrit.events.slice(told).map(({ body }) => body)), [
      'ref-updated refs/heads/main',
      'ref-updated refs/changes/01/1/meta',
      'change-merged 1',
    ]);
    const body = await detail(change.number);
    assert.deepEqual([body['status'], body['submit_requirements'], body['submit_records']], ['MERGED', [], []]);
    assert.deepEqual(
      body['labels']['Code-Review'].all.map((vote: Json) => vote.value),
      [0],
    );
  });

  it('forces the requirements of a push with %submit', async () => {
    const change = await world.gerrit.pushWithSubmit({ project: 'demo/app', files: { a: '1' } });
    const body = await detail(change.number);
    assert.deepEqual(
      body['submit_requirements'].map((each: Json) => each.status),
      ['FORCED', 'FORCED'],
    );
  });

  it('cherry-picks into a new patch set whose votes bear its tag', async () => {
    await world.gerrit.configure('demo/app', { submitType: 'CHERRY_PICK' });
    const change = await reviewed();
    await world.gerrit.submit(change);
    const body = await detail(change.number);
    assert.deepEqual(
      Object.values<Json>(body['revisions']).map((each: Json) => [each._number, each.kind, each.uploader.username]),
      [
        [1, 'REWORK', 'dev'],
        [2, 'NO_CODE_CHANGE', 'admin'],
      ],
    );
    assert.deepEqual(
      body['labels']['Code-Review'].all.map((vote: Json) => [vote.value, vote.tag]),
      [[2, 'autogenerated:gerrit:merged']],
    );
    assert.equal(body['current_revision'], (await world.rest('bot', `${APP}/branches/main`)).body.revision);
  });

  it('merges, rebases or refuses by the submit type when the branch has moved', async () => {
    const { gerrit } = world;
    const change = await reviewed();
    await gerrit.push({ project: 'demo/app', files: { 'b.yaml': '1' } });
    await gerrit.configure('demo/app', { submitType: 'FAST_FORWARD_ONLY' });
    await assert.rejects(gerrit.submit(change), /fast-forward/);
    await gerrit.configure('demo/app', { submitType: 'MERGE_IF_NECESSARY' });
    await gerrit.submit(change);
    const head = (await world.rest('bot', `${APP}/branches/main`)).body.revision as string;
    const commit = (await world.rest('bot', `${APP}/commits/${head}`)).body;
    assert.deepEqual([commit.parents.length, commit.subject], [2, 'Merge "Change files"']);
    assert.deepEqual((await world.rest('bot', `/a/changes/?q=commit:${head}`)).body, []);
    const inside = (await world.rest('bot', `${APP}/commits/${change.patchSets[0]?.revision}/in`)).body;
    assert.deepEqual(inside, { branches: ['main'], tags: [] });
    await gerrit.configure('demo/app', { submitType: 'REBASE_IF_NECESSARY' });
    const base = head;
    const other = await reviewed({ files: { 'c.yaml': '1' } });
    await gerrit.push({ project: 'demo/app', files: { 'd.yaml': '1' }, onto: base });
    await gerrit.submit(other);
    assert.equal(other.patchSets[1]?.kind, 'TRIVIAL_REBASE');
  });

  it('finds changes by queries, and says which operator it does not know', async () => {
    const [first, second] = [await reviewed(), await reviewed({ files: { z: '1' }, topic: 't2' })];
    await world.gerrit.submit(first);
    const numbers = async (q: string) =>
      (await world.rest('bot', `/a/changes/?q=${encodeURIComponent(q)}`)).body.map((each: Json) => each._number);
    assert.deepEqual(await numbers('status:merged project:demo/app branch:main'), [first.number]);
    assert.deepEqual(await numbers('status:open -topic:t3'), [second.number]);
    assert.deepEqual(await numbers('(topic:t2 OR status:merged) project:"demo/app" -(is:open)'), [first.number]);
    assert.deepEqual(await numbers(`commit:${first.patchSets[0]?.revision}`), [first.number]);
    assert.deepEqual(await numbers('mergedafter:"2020-01-01 00:00:00"'), [first.number]);
    const refused = await world.rest('bot', '/a/changes/?q=bogus:x');
    assert.deepEqual([refused.status, refused.body], [400, 'Unsupported operator bogus:x\n']);
    const page = (await world.rest('bot', '/a/changes/?q=project:demo/app&n=1')).body;
    assert.equal(page[0]?._more_changes, true);
  });

  it('still shows a change as open for some reads after the merge, when told to', async () => {
    world.gerrit.staleReads(2);
    const change = await reviewed();
    await world.gerrit.submit(change);
    const seen = [];
    for (let read = 0; read < 3; read += 1) seen.push((await detail(change.number))['status']);
    assert.deepEqual(seen, ['NEW', 'NEW', 'MERGED']);
  });

  it('takes a message of 16,384 characters and no longer one, and gives labels that it does not know no vote', async () => {
    const change = await reviewed();
    await world.gerrit.submit(change);
    const say = (body: object) => world.rest('bot', `/a/changes/${change.number}/revisions/current/review`, { method: 'POST', body });
    assert.equal((await say({ message: 'é'.repeat(16_384), tag: 'autogenerated:headgate' })).status, 200);
    const refused = await say({ message: 'x'.repeat(17_000) });
    assert.match(refused.body, /Comment size exceeds limit \(17000 > 16384\)/);
    assert.deepEqual((await say({ labels: { Deployed: 1 } })).body.labels, {});
    assert.deepEqual(world.gerrit.messages(change).at(-1)?.tag, 'autogenerated:headgate');
  });

  it('filters groups by who looks', async () => {
    const hidden = world.gerrit.createGroup({ name: 'secret-group', visibleToAll: false, members: ['dev'] });
    const open = world.gerrit.createGroup({ name: 'release-managers', members: ['dev'] });
    const ids = async (user: string) => (await world.rest(user, '/a/accounts/1000002/groups')).body.map((each: Json) => each.id);
    assert.deepEqual(await ids('bot'), [open.uuid]);
    assert.deepEqual(await ids('dev'), ['global%3ARegistered-Users', hidden.uuid, open.uuid, 'global%3AAnonymous-Users']);
    assert.equal((await world.rest('bot', '/a/groups/secret-group')).status, 404);
  });

  it('answers check.access inside a 200, and knows no submit', async () => {
    const check = (user: string, account: string, perm: string) =>
      world.rest(user, `${APP}/check.access?account=${account}&ref=refs%2Fheads%2Fmain&perm=${perm}`);
    assert.equal((await check('bot', 'dev', 'read')).body.status, 200);
    assert.equal((await check('bot', 'dev', 'push')).body.status, 403);
    assert.deepEqual([(await check('bot', 'dev', 'submit')).status, (await check('bot', 'nobody', 'read')).status], [400, 422]);
    assert.equal((await check('dev', 'dev', 'read')).status, 403);
    const access = (await world.rest('bot', '/a/access/?project=All-Projects')).body;
    assert.deepEqual([access['All-Projects'].config_visible, access['All-Projects'].local['refs/heads/*']], [false, { permissions: {} }]);
  });

  it('is cloned, pushed to for review, and refuses a push that its rights do not allow', async () => {
    const work = join(world.directory, 'work');
    const as = (user: string): string => world.gerrit.http.url.replace('//', `//${user}:${world.gerrit.account(user).password}@`);
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com', ...args], { env: environment, cwd: world.directory });
    await git('clone', '--quiet', `${as('dev')}/a/demo/app`, work);
    const message = `One\n\nChange-Id: I${'a'.repeat(40)}\n`;
    await git('-C', work, 'commit', '--quiet', '--allow-empty', '-m', message);
    const pushed = await git('-C', work, 'push', 'origin', 'HEAD:refs/for/main%topic=t1,l=Code-Review+1');
    assert.match(pushed.stderr, /remote: SUCCESS[^]*\/c\/demo\/app\/\+\/1 One \[NEW\]/);
    const change = world.gerrit.change(1);
    assert.deepEqual([change.topic, change.owner.username, change.votes[0]?.value], ['t1', 'dev', 1]);
    await assert.rejects(git('-C', work, 'push', 'origin', 'HEAD:main'), /prohibited by Gerrit: not permitted: update/);
    await git('-C', work, 'push', `${as('admin')}/a/demo/app`, 'HEAD:main');
    assert.deepEqual([change.status, change.autoClosed], ['MERGED', true]);
    await git('-C', work, 'fetch', '--quiet', 'origin', 'refs/changes/01/1/1');
    const listed = await git('ls-remote', `${world.gerrit.http.url}/demo/app`);
    assert.match(listed.stdout, /refs\/changes\/01\/1\/meta/);
  });

  it('reverts by a change of its own', async () => {
    const change = await reviewed();
    await world.gerrit.submit(change);
    const made = await world.gerrit.revert(change);
    assert.equal((await detail(made.number))['revert_of'], change.number);
    assert.deepEqual(made.patchSets[0]?.parents, [change.patchSets[0]?.revision]);
    await world.gerrit.vote(made, { value: 2 });
    await world.gerrit.submit(made);
    assert.equal(made.status, 'MERGED');
  });
});
