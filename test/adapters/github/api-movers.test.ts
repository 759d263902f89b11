import assert from 'node:assert/strict';
import { account } from '#sandbox/github/account.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

const MAIN = 'refs/heads/main';

describe("who moved a branch, by GitHub's record of activity", function () {
  this.timeout(30_000);
  let world: ApiWorld;

  beforeEach(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
  });
  afterEach(() => world.stop());

  let pushes = 0;
  const push = async (by: string, branch = 'main', onto?: string): Promise<string> => {
    const of = { repository: REPOSITORY, branch, by, files: { a: String(pushes++) }, ...(onto === undefined ? {} : { onto }) };
    return (await world.github.push(of)).after ?? '';
  };
  const movers = async (before: string | null, after: string, ref = MAIN) =>
    (await world.readBack.movers?.(REPOSITORY, ref, before, after))?.map(({ name, account: id, kind }) => {
      assert.deepEqual([id, kind], [String(account(name).id), name.endsWith('[bot]') ? 'bot' : 'human']);
      return name;
    });

  it('is everybody since a commit, the last first, and the last alone where none is named', async () => {
    const first = await push('ada');
    const second = await push('bob');
    await push('mallory', 'other', first);
    await push('deploy[bot]');
    const last = await push('bob');
    assert.deepEqual(await movers(first, last), ['bob', 'deploy[bot]']);
    assert.deepEqual(await movers(second, last), ['bob', 'deploy[bot]']);
    assert.deepEqual(await movers(null, last), ['bob']);
  });

  it('is whoever merged a pull request, and whoever forced the branch elsewhere', async () => {
    const first = await push('ada');
    await push('ada', 'topic', first);
    const { number } = await world.github.openPull({ repository: REPOSITORY, branch: 'topic', by: 'ada' });
    const { after } = await world.github.merge({ repository: REPOSITORY, pulls: [number], method: 'squash', by: 'bob' });
    assert.deepEqual(await movers(first, after ?? ''), ['bob']);
    const forced = await push('carol', 'main', first);
    assert.deepEqual(await movers(after ?? '', forced), ['carol']);
  });

  it('is not known where the record does not reach, or another movement came after', async () => {
    const first = await push('ada');
    const second = await push('ada');
    await push('bob');
    assert.equal(await movers(first, second), undefined);
    assert.equal(await movers('1'.repeat(40), await push('ada')), undefined);
    assert.equal(await movers(null, first, 'refs/tags/v1'), undefined);
  });

  it('is not known where the credentials do not reach it, or GitHub has no such record', async () => {
    const first = await push('ada');
    for (const status of [403, 404]) {
      world.github.rest.faults.next({ kind: 'status', status }, { path: '/activity' });
      assert.equal(await movers(null, first), undefined);
    }
  });
});
