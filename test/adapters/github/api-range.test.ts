import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { account } from '#sandbox/github/account.ts';
import { History } from '../../conformance/read-back/history.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

const MAIN = 'refs/heads/main';

describe("a range read back by GitHub's API", function () {
  this.timeout(30_000);
  let world: ApiWorld;
  let history: History;
  let base: string;

  beforeEach(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
    history = new History(world.github.repository(REPOSITORY).directory);
    base = await history.one(MAIN, { a: '1' });
  });
  afterEach(() => world.stop());

  const who = (login: string) => ({ account: String(account(login).id), name: login, kind: 'human' });
  const range = (head: string) => world.readBack.range(REPOSITORY, base, head);

  function pull(commits: readonly string[], merged: { sha: string; by: string } | undefined, title = 'A pull request') {
    const tips = { head: { ref: 'topic', sha: commits.at(-1) ?? '' }, base: { ref: 'main', sha: base } };
    return world.github.rest.addPull({ repository: REPOSITORY, title, user: 'alice', ...tips, commits, ...(merged ? { merged } : {}) });
  }

  it('has the merged pull requests that brought its commits, with their reviews by numeric accounts', async () => {
    const [one = '', two = ''] = await history.commit(MAIN, [{ files: { a: '2' } }, { files: { a: '3' } }]);
    const { number } = pull([one, two], { sha: two, by: 'bob' }, 'Raise the limit');
    world.github.rest.addReview({
      repository: REPOSITORY,
      pull: number,
      user: 'carol',
      state: 'APPROVED',
      commit: one,
      at: 1_700_000_000_000,
    });
    const { pulls, lacked } = await range(two);
    const reviews = [{ by: who('carol'), state: 'APPROVED', commit: one, at: 1_700_000_000_000, canWrite: null }];
    assert.deepEqual(pulls, [
      { number, title: 'Raise the limit', author: who('alice'), mergedBy: who('bob'), base: MAIN, head: two, reviews },
    ]);
    assert.deepEqual(lacked, []);
  });

  it('does not ask for the commits that a pull request covers', async () => {
    const made = await history.commit(
      MAIN,
      Array.from({ length: 20 }, (_, index) => ({ files: { a: `at ${index}` } })),
    );
    pull(made, { sha: made.at(-1) ?? '', by: 'bob' });
    world.asked();
    await range(made.at(-1) ?? '');
    assert.equal(world.asked().filter((path) => /\/commits\/[0-9a-f]+\/pulls/.test(path)).length, 1);
  });

  it('leaves out pull requests that are not merged', async () => {
    const head = await history.one(MAIN, { a: '2' });
    pull([head], undefined);
    assert.deepEqual((await range(head)).pulls, []);
  });

  it('finds the pull request of every commit, and lacks pulls and reviews where there are too many to ask for', async () => {
    const many = limits.github.pullLookups + 10;
    const made = await history.commit(
      MAIN,
      Array.from({ length: many }, (_, index) => ({ files: { a: `at ${index}` } })),
    );
    const few = await range(made[4] ?? '');
    assert.deepEqual(few.lacked, []);
    const { lacked, commits } = await range(made.at(-1) ?? '');
    assert.equal(commits.length, many);
    assert.deepEqual(lacked, ['pulls', 'reviews']);
  });

  it('has the checks of its head', async () => {
    const head = await history.one(MAIN, { a: '2' });
    const { rest } = world.github;
    rest.addCheck({ repository: REPOSITORY, sha: head, name: 'test', conclusion: 'success' });
    rest.addCheck({ repository: REPOSITORY, sha: head, name: 'lint', conclusion: null });
    rest.addCheck({ repository: REPOSITORY, sha: base, name: 'old', conclusion: 'failure' });
    const { checks } = await range(head);
    const byName = checks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    assert.deepEqual(byName, [
      { name: 'lint', conclusion: null },
      { name: 'test', conclusion: 'success' },
    ]);
  });

  it('lacks the checks that its credentials do not reach, and nothing else', async () => {
    const head = await history.one(MAIN, { a: '2' });
    world.github.rest.faults.next({ kind: 'status', status: 403 }, { path: '/check-runs' });
    assert.deepEqual((await range(head)).lacked, ['checks']);
    world.github.rest.faults.next({ kind: 'status', status: 403 }, { path: '/pulls' });
    assert.deepEqual((await range(head)).lacked, ['pulls', 'reviews']);
  });

  it('of 3,000 commits has the newest ones and says that it lacks the others', async () => {
    const specs = Array.from({ length: 3_000 }, (_, index) => ({ files: { a: `at ${index}` } }));
    const made = await history.commit(MAIN, specs);
    const { commits, commitCount, lacked } = await range(made.at(-1) ?? '');
    assert.equal(commitCount, 3_000);
    assert.deepEqual(
      commits.map(({ id }) => id),
      made.toReversed().slice(0, limits.github.commits),
    );
    assert.deepEqual(lacked, ['commits', 'pulls', 'reviews']);
  });

  it('lacks files when the trees are too large to be listed', async () => {
    const files = Object.fromEntries(Array.from({ length: 310 }, (_, index) => [`f/${index}`, 'x']));
    const head = await history.one(MAIN, files);
    assert.equal((await range(head)).files.length, 310);
    world.github.rest.treeEntries = 100;
    const facts = await world.open().range(REPOSITORY, base, head);
    assert.deepEqual([facts.files, facts.lacked], [[], ['files']]);
  });
});
