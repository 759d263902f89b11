import assert from 'node:assert/strict';
import { account } from '#sandbox/github/account.ts';
import { emailOf } from '#sandbox/github/push-payload.ts';
import { assertSchema, HERE, pushes, REPOSITORY, restWorld, type RestWorld } from './rest-world.ts';

describe('the simulated GitHub, merging pull requests', function () {
  this.timeout(30_000);
  let world: RestWorld;
  let base: string;

  beforeEach(async () => {
    world = await restWorld();
    [base = ''] = await pushes(world.github, 1);
  });
  afterEach(() => world.stop());

  /** A branch of some commits that others have left behind, and its pull request. */
  async function opened(commits = 2, branch = 'topic') {
    const { github } = world;
    for (let index = 0; index < commits; index++) {
      const onto = index === 0 ? { onto: base } : {};
      const files = { [`${branch}/${index}.txt`]: `${index}\n` };
      await github.push({ repository: REPOSITORY, branch, files, by: 'alice', message: `Part ${index}`, ...onto });
    }
    await github.push({ repository: REPOSITORY, files: { 'elsewhere.txt': branch } });
    return github.openPull({ repository: REPOSITORY, branch, by: 'alice', title: 'Two parts' });
  }

  const commit = async (ref: string) => (await world.octokit.rest.repos.getCommit({ ...HERE, ref })).data;

  it('makes a merge commit that it signs, with the head as second parent', async () => {
    const pull = await opened();
    const { before, after } = await world.github.merge({ repository: REPOSITORY, pulls: [pull.number], method: 'merge', by: 'bob' });
    const made = await commit(after ?? '');
    assertSchema('commit', made);
    assert.deepEqual(
      made.parents.map(({ sha }) => sha),
      [before, pull.head.sha],
    );
    assert.equal(made.commit.verification?.verified, true);
    assert.deepEqual([made.author?.login, made.committer?.login], ['bob', 'web-flow']);
    assert.deepEqual(
      made.files?.map(({ filename }) => filename),
      ['topic/0.txt', 'topic/1.txt'],
    );
    const { data } = await world.octokit.rest.pulls.get({ ...HERE, pull_number: pull.number });
    assertSchema('pull-request', data);
    assert.deepEqual([data.merged, data.merge_commit_sha, data.merged_by?.login], [true, after, 'bob']);
  });

  it('squashes to one commit that it signs, in the name of who opened the pull request', async () => {
    const pull = await opened();
    const { before, after } = await world.github.merge({ repository: REPOSITORY, pulls: [pull.number], method: 'squash', by: 'bob' });
    const made = await commit(after ?? '');
    assert.deepEqual([made.parents.length, made.parents[0]?.sha], [1, before]);
    assert.deepEqual([made.author?.login, made.committer?.login, made.commit.verification?.reason], ['alice', 'web-flow', 'valid']);
    const { data } = await world.octokit.rest.pulls.listFiles({ ...HERE, pull_number: pull.number });
    for (const file of data) assertSchema('diff-entry', file);
    const short = (files: typeof data | undefined) => files?.map(({ filename, sha, patch }) => ({ filename, sha, patch }));
    assert.deepEqual(short(data), short(made.files));
    assert.match(data[0]?.patch ?? '', /^@@ -0,0 \+1 @@\n\+0$/);
  });

  it('rebases to commits that it does not sign, in the name of who merges', async () => {
    const pull = await opened();
    const { before, after } = await world.github.merge({ repository: REPOSITORY, pulls: [pull.number], method: 'rebase', by: 'bob' });
    const last = await commit(after ?? '');
    const first = await commit(last.parents[0]?.sha ?? '');
    assert.equal(first.parents[0]?.sha, before);
    for (const [index, made] of [first, last].entries()) {
      assert.deepEqual([made.author?.login, made.committer?.login], ['alice', 'bob']);
      assert.deepEqual([made.commit.verification?.verified, made.commit.message], [false, `Part ${index}`]);
      const { data } = await world.octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...HERE, commit_sha: made.sha });
      assert.deepEqual(
        data.map(({ number }) => number),
        [pull.number],
      );
    }
  });

  it('moves the branch once by what a merge queue brings, and says so', async () => {
    const one = await opened(1, 'one');
    const two = await opened(1, 'two');
    const pulls = [one.number, two.number];
    const { before, after } = await world.github.merge({ repository: REPOSITORY, pulls, method: 'merge', by: 'bob', queue: true });
    const last = await commit(after ?? '');
    assert.equal(last.parents[1]?.sha, two.head.sha);
    assert.equal((await commit(last.parents[0]?.sha ?? '')).parents[1]?.sha, one.head.sha);
    const { data } = await world.octokit.rest.repos.listActivities({ ...HERE, ref: 'refs/heads/main' });
    for (const each of data) assertSchema('activity', each);
    const [newest] = data;
    assert.deepEqual(
      [newest?.activity_type, newest?.before, newest?.after, newest?.actor?.id],
      ['merge_queue_merge', before, after, account('bob').id],
    );
  });

  it('signs what it made itself, and nothing that says so only', async () => {
    const { github } = world;
    const { after } = await github.push({ repository: REPOSITORY, files: { a: '1' }, by: 'mallory' });
    const forged = await commit(after ?? '');
    assert.deepEqual([forged.commit.verification?.verified, forged.commit.verification?.reason], [false, 'unsigned']);
  });

  it('says what accounts may do, and what happened to a pull request', async () => {
    const pull = await opened();
    world.github.rest.permit(REPOSITORY, 'carol', 'write');
    for (const [username, permission] of [
      ['carol', 'write'],
      ['dave', 'read'],
    ] as const) {
      const { data } = await world.octokit.rest.repos.getCollaboratorPermissionLevel({ ...HERE, username });
      assertSchema('repository-collaborator-permission', data);
      assert.deepEqual([data.permission, data.user?.id], [permission, account(username).id]);
    }
    world.github.rest.addEvent(REPOSITORY, { pull: pull.number, event: 'base_ref_changed', actor: 'alice' });
    const { data } = await world.octokit.rest.issues.listEvents({ ...HERE, issue_number: pull.number });
    for (const each of data) assertSchema('issue-event', each);
    assert.deepEqual(
      data.map(({ event }) => event),
      ['base_ref_changed'],
    );
  });

  it('tells a forced push from others', async () => {
    await world.github.push({ repository: REPOSITORY, files: { a: '1' } });
    await world.github.push({ repository: REPOSITORY, files: { a: '2' }, onto: base });
    const { data } = await world.octokit.rest.repos.listActivities({ ...HERE });
    assert.deepEqual(
      data.map((each) => each.activity_type),
      ['force_push', 'push', 'branch_creation'],
    );
  });

  it('names the authors of a commit, also those of its trailers', async () => {
    const message = `A change\n\nCo-authored-by: Bob <${emailOf('bob')}>\nCo-authored-by: Nobody <nobody@example.com>`;
    const { after } = await world.github.push({ repository: REPOSITORY, files: { a: '1' }, by: 'alice', message });
    const { node_id: id } = await commit(after ?? '');
    const query =
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Commit { oid authors(first: 100) { nodes { email user { databaseId } } } } } }';
    const answer = await world.octokit.graphql<{ nodes: { oid: string; authors: { nodes: { user: { databaseId: number } | null }[] } }[] }>(
      query,
      { ids: [id] },
    );
    assert.deepEqual(
      answer.nodes[0]?.authors.nodes.map(({ user }) => user?.databaseId),
      [account('alice').id, account('bob').id, undefined],
    );
  });
});
