import assert from 'node:assert/strict';
import { HERE, history, pushes, REPOSITORY, restWorld, type RestWorld } from './rest-world.ts';

describe("the simulated GitHub's REST API, asked by Octokit about git", function () {
  this.timeout(30_000);
  let world: RestWorld;
  beforeEach(async () => {
    world = await restWorld();
  });
  afterEach(() => world.stop());

  const compare = async (base: string, head: string, page: { per_page?: number; page?: number } = {}) =>
    (await world.octokit.rest.repos.compareCommitsWithBasehead({ ...HERE, basehead: `${base}...${head}`, ...page })).data;
  const status = (request: Promise<{ status: number }>): Promise<number> =>
    request.then(
      (answer) => answer.status,
      (error: { status: number }) => error.status,
    );

  it('answers the head of a branch, also of one with a slash in its name, and 404 for one that is not there', async () => {
    const { github, octokit } = world;
    await pushes(github, 1);
    const pushed = await github.push({ repository: REPOSITORY, branch: 'feature/x', files: { a: '1' } });
    const { data } = await octokit.rest.git.getRef({ ...HERE, ref: 'heads/feature/x' });
    assert.deepEqual([data.ref, data.object.sha, data.object.type], ['refs/heads/feature/x', pushed.after, 'commit']);
    // A part of a name is no name.
    assert.equal(await status(octokit.rest.git.getRef({ ...HERE, ref: 'heads/feature' })), 404);
  });

  it('answers 409 for the refs of an empty repository', async () => {
    assert.equal(await status(world.octokit.rest.git.getRef({ ...HERE, ref: 'heads/main' })), 409);
  });

  it('follows no expression and takes no name for an option or a pattern', async () => {
    const { github, octokit } = world;
    await pushes(github, 2);
    for (const name of ['main~1', 'main@{0}', '--upload-pack=x', '-h', 'ma*', 'main\n', 'ma\0in', '../main', 'x'.repeat(255)]) {
      assert.equal(await status(octokit.rest.git.getRef({ ...HERE, ref: `heads/${name}` })), 404, JSON.stringify(name));
      assert.equal(await status(octokit.rest.repos.getCommit({ ...HERE, ref: name })), 422, JSON.stringify(name));
      assert.equal(await status(compare(name, 'main').then(() => ({ status: 200 }))), 404, JSON.stringify(name));
    }
  });

  it('leads from an annotated tag over its object to the commit', async () => {
    const { github, octokit } = world;
    const [commit = ''] = await pushes(github, 1);
    await github.tag(REPOSITORY, 'v1', commit, 'Version 1\n\nwith notes');
    const ref = await octokit.rest.git.getRef({ ...HERE, ref: 'tags/v1' });
    assert.equal(ref.data.object.type, 'tag');
    const tag = await octokit.rest.git.getTag({ ...HERE, tag_sha: ref.data.object.sha });
    assert.deepEqual([tag.data.tag, tag.data.object.sha, tag.data.message], ['v1', commit, 'Version 1\n\nwith notes\n']);
    assert.equal(await status(octokit.rest.git.getTag({ ...HERE, tag_sha: commit })), 404);
  });

  it('lists the refs that begin with a text', async () => {
    const { github, octokit } = world;
    const [commit = ''] = await pushes(github, 1);
    for (const tag of ['v1', 'v2', 'w1']) await github.tag(REPOSITORY, tag, commit);
    const { data } = await octokit.rest.git.listMatchingRefs({ ...HERE, ref: 'tags/v' });
    assert.deepEqual(
      data.map(({ ref }) => ref),
      ['refs/tags/v1', 'refs/tags/v2'],
    );
  });

  it('compares: ahead, behind, identical, diverged, with the merge base', async () => {
    const { github } = world;
    const [first = '', second = '', third = ''] = await pushes(github, 3);
    const fork = await github.push({ repository: REPOSITORY, branch: 'side', onto: second, files: { side: '1' } });
    const told = async (base: string, head: string): Promise<unknown[]> => {
      const answer = await compare(base, head);
      return [answer.status, answer.ahead_by, answer.behind_by, answer.merge_base_commit.sha, answer.commits.map(({ sha }) => sha)];
    };
    assert.deepEqual(await told(first, third), ['ahead', 2, 0, first, [second, third]]);
    assert.deepEqual(await told(third, first), ['behind', 0, 2, first, []]);
    assert.deepEqual(await told('main', third), ['identical', 0, 0, third, []]);
    assert.deepEqual(await told(third, fork.after ?? ''), ['diverged', 1, 1, second, [fork.after]]);
  });

  it('names added, modified, removed and renamed files, whatever their names', async () => {
    const { github } = world;
    const long = 'a line that is long enough to be known again\n'.repeat(5);
    const before = await github.push({ repository: REPOSITORY, files: { 'a.txt': 'a\n', 'b.txt': 'b\n', 'from here.txt': long } });
    const after = await github.push({
      repository: REPOSITORY,
      files: { 'a.txt': 'a\nb\n', 'b.txt': null, 'from here.txt': null, 'to/dort.txt': long, '-ümläut\t".txt': 'new\n' },
    });
    const { files } = await compare(before.after ?? '', after.after ?? '');
    assert.deepEqual(
      files?.map((file) => [file.filename, file.status, file.additions, file.deletions, file.previous_filename]),
      [
        ['-ümläut\t".txt', 'added', 1, 0, undefined],
        ['a.txt', 'modified', 1, 0, undefined],
        ['b.txt', 'removed', 0, 1, undefined],
        ['to/dort.txt', 'renamed', 0, 0, 'from here.txt'],
      ],
    );
  });

  it('answers 404 for commits that it does not know and for histories that have nothing in common', async () => {
    const { github } = world;
    const [commit = ''] = await pushes(github, 1);
    const alien = await github.repository(REPOSITORY).commit({
      branch: 'alien',
      files: { z: '1' },
      message: 'Alone',
      author: { name: 'a', email: 'a@example.com' },
      at: 0,
      parent: null,
    });
    await assert.rejects(compare(commit, 'f'.repeat(40)), { status: 404 });
    await assert.rejects(compare(commit, alien), { status: 404, message: /No common ancestor/ });
  });

  it('pages a comparison oldest first, with the files on the first page only, and cuts it without pages to the latest 250', async () => {
    const ids = await history(world.github, 320, 2);
    const [base = '', head = ''] = [ids[0], ids[319]];
    const unpaged = await compare(base, head);
    assert.deepEqual([unpaged.total_commits, unpaged.commits.length, unpaged.commits.at(-1)?.sha], [319, 250, head]);
    assert.equal(unpaged.files?.length, 300);
    const pages = await world.octokit.paginate(
      world.octokit.rest.repos.compareCommitsWithBasehead,
      { ...HERE, basehead: `${base}...${head}`, per_page: 100 },
      ({ data }) => [data as unknown as { commits: { sha: string }[]; files?: unknown[] }],
    );
    assert.deepEqual(
      pages.map(({ files }) => files?.length),
      [300, undefined, undefined, undefined],
    );
    assert.deepEqual(
      pages.flatMap(({ commits }) => commits.map(({ sha }) => sha)),
      ids.slice(1),
    );
  });

  it('pages the files of one commit, 300 at a time', async () => {
    const [commit = ''] = await history(world.github, 1, 700);
    const sizes: number[] = [];
    for (const page of [1, 2, 3]) {
      sizes.push((await world.octokit.rest.repos.getCommit({ ...HERE, ref: commit, page })).data.files?.length ?? 0);
    }
    assert.deepEqual(sizes, [300, 300, 100]);
  });

  it('lists a tree, flat or whole, and says when it is cut', async () => {
    const { github, octokit } = world;
    await github.push({ repository: REPOSITORY, files: { 'a.txt': '1', 'd/b.txt': '22' } });
    const tree = async (recursive?: string): Promise<[string[], boolean]> => {
      const { data } = await octokit.rest.git.getTree({ ...HERE, tree_sha: 'main', ...(recursive === undefined ? {} : { recursive }) });
      return [data.tree.map(({ path, type, size }) => `${type} ${path} ${size ?? '-'}`), data.truncated];
    };
    assert.deepEqual(await tree(), [['blob a.txt 1', 'tree d -'], false]);
    assert.deepEqual(await tree('1'), [['blob a.txt 1', 'tree d -', 'blob d/b.txt 2'], false]);
    github.rest.treeEntries = 2;
    assert.deepEqual(await tree('1'), [['blob a.txt 1', 'tree d -'], true]);
  });

  it('finds the pull requests of a commit by its commits and by what they were merged as', async () => {
    const { github, octokit } = world;
    const [base = '', middle = '', head = ''] = await pushes(github, 3);
    const merged = { sha: head, by: 'bob' };
    const ends = { head: { ref: 'topic', sha: middle }, base: { ref: 'main', sha: base } };
    github.rest.addPull({ repository: REPOSITORY, user: 'alice', ...ends, merged });
    github.rest.addReview({ repository: REPOSITORY, pull: 1, user: 'carol', state: 'APPROVED' });
    const pulls = async (sha: string) => (await octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...HERE, commit_sha: sha })).data;
    assert.deepEqual([(await pulls(base)).length, (await pulls(middle)).length, (await pulls(head)).length], [0, 1, 1]);
    const [pull] = await pulls(head);
    assert.deepEqual([pull?.number, pull?.state, pull?.merge_commit_sha, pull?.user?.login], [1, 'closed', head, 'alice']);
    const reviews = await octokit.paginate(octokit.rest.pulls.listReviews, { ...HERE, pull_number: 1 });
    assert.deepEqual(
      reviews.map((review) => [review.user?.login, review.state, review.commit_id]),
      [['carol', 'APPROVED', middle]],
    );
    assert.equal((await octokit.rest.pulls.get({ ...HERE, pull_number: 1 })).data.merged_by?.login, 'bob');
  });

  it('shows of each check its latest run, and all of them when asked', async () => {
    const { github, octokit } = world;
    const [sha = ''] = await pushes(github, 1);
    github.rest.addCheck({ repository: REPOSITORY, sha, name: 'build', conclusion: 'failure' });
    github.rest.addCheck({ repository: REPOSITORY, sha, name: 'build', conclusion: 'success' });
    github.rest.addCheck({ repository: REPOSITORY, sha, name: 'lint' });
    const runs = async (filter: 'latest' | 'all'): Promise<string[]> =>
      (await octokit.paginate(octokit.rest.checks.listForRef, { ...HERE, ref: 'main', filter, per_page: 1 })).map(
        ({ name, status: state, conclusion }) => `${name} ${state} ${conclusion}`,
      );
    assert.deepEqual(await runs('latest'), ['lint in_progress null', 'build completed success']);
    assert.deepEqual(await runs('all'), ['lint in_progress null', 'build completed success', 'build completed failure']);
  });

  it('keeps commit statuses and refuses what GitHub refuses', async () => {
    const { github, octokit } = world;
    const [sha = ''] = await pushes(github, 1);
    const create = (more: object) => octokit.rest.repos.createCommitStatus({ ...HERE, sha, state: 'success', ...more });
    await create({ state: 'pending', context: 'headgate/prod' });
    await create({ context: 'headgate/prod', description: 'applied' });
    assert.deepEqual(
      github.rest.statuses(REPOSITORY, sha).map(({ state, context }) => `${state} ${context}`),
      ['success headgate/prod', 'pending headgate/prod'],
    );
    assert.equal(await status(create({ state: 'applied' })), 422);
    assert.equal(await status(create({ description: 'x'.repeat(141) })), 422);
    assert.equal(await status(create({ sha: 'f'.repeat(40) })), 422);
  });

  it('redirects from an earlier name of a repository, which Octokit follows, and keeps the earlier clone URL good', async () => {
    const { github, octokit } = world;
    const [sha] = await pushes(github, 1);
    github.renameRepository(REPOSITORY, 'acme/renamed');
    const answer = await fetch(`${github.apiUrl}/repos/${REPOSITORY}/git/ref/heads/main`, { redirect: 'manual' });
    const location = answer.headers.get('location') ?? '';
    assert.equal(answer.status, 301);
    assert.match(location, /\/api\/v3\/repositories\/\d+\/git\/ref\/heads\/main$/);
    const body: unknown = await answer.json();
    assert.deepEqual(body, {
      message: 'Moved Permanently',
      url: location,
      documentation_url: 'https://docs.github.com/rest',
      status: '301',
    });
    assert.equal((await octokit.rest.git.getRef({ ...HERE, ref: 'heads/main' })).data.object.sha, sha);
    assert.equal((await octokit.rest.repos.get(HERE)).data.full_name, 'acme/renamed');
    assert.notEqual(github.resolve(`${github.url}/${REPOSITORY}.git`), undefined);
  });
});
