import assert from 'node:assert/strict';
import { configMap, REPOSITORY, startForgeWorld, type ForgeWorld, type ForgeWorldOptions } from './forge-world.ts';

const PAGES = 'https://headgate.example.com';
const CONTEXT = 'headgate/prod/apps';

describe('a server that tells commits what became of them', function () {
  this.timeout(60_000);
  let world: ForgeWorld;
  afterEach(() => world.stop());

  const start = async (more: Partial<ForgeWorldOptions> = {}): Promise<void> => {
    world = await startForgeWorld({ by: 'api', source: { feedback: { statuses: {} } }, spec: { web: { url: `${PAGES}/` } }, ...more });
  };
  const push = async (text: string): Promise<string> => {
    const { after } = await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap(text) } });
    return after ?? assert.fail('nothing was pushed');
  };
  const statuses = (commit: string) => world.github.rest.statuses(REPOSITORY, commit);
  /** What a commit was told, oldest first, as soon as the last of it is of this state. */
  const told = async (commit: string, state: string): Promise<readonly string[]> => {
    while (statuses(commit)[0]?.state !== state) await new Promise((resolve) => setTimeout(resolve, 50));
    return statuses(commit)
      .map((status) => `${status.context} ${status.state}: ${status.description}`)
      .toReversed();
  };

  it('is pending at first, and success when it runs, with a link to the page', async () => {
    await start();
    world.cluster.pause();
    const commit = await push('second');
    await told(commit, 'pending');
    world.cluster.resume();
    assert.deepEqual(await told(commit, 'success'), [`${CONTEXT} pending: allowed, on its way`, `${CONTEXT} success: applied`]);
    const { change } = await world.storyOf(commit);
    assert.deepEqual([...new Set(statuses(commit).map(({ targetUrl }) => targetUrl))], [`${PAGES}/changes/${change.id}`]);
  });

  it('is failure when it is denied, and says by which rule', async () => {
    await start({ allowed: false });
    assert.deepEqual(await told(await push('denied'), 'failure'), [`${CONTEXT} failure: denied by apps`]);
  });

  it('is failure when Flux says that it fails', async () => {
    await start();
    const { after } = await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': 'no: manifest' } });
    const last = (await told(after ?? '', 'failure')).at(-1) ?? '';
    assert.match(last, /^headgate\/prod\/apps failure: failed \(BuildFailed\), Flux tries again$/);
  });

  it('leaves no commit of a burst pending: what gave way to a newer one says so', async () => {
    await start();
    world.cluster.pause();
    const commits: string[] = [];
    for (let count = 1; count <= 5; count++) {
      commits.push(await push(`number ${count}`));
      await told(commits.at(-1) ?? '', 'pending');
    }
    world.cluster.resume();
    const last = commits.pop() ?? '';
    await told(last, 'success');
    for (const commit of commits) assert.match((await told(commit, 'error')).at(-1) ?? '', /^headgate\/prod\/apps error: superseded: /);
    assert.equal(statuses(last)[0]?.state, 'success');
  });

  it('is what the newest of several changes of one commit came to', async () => {
    await start();
    const commit = await push('twice');
    await told(commit, 'success');
    const { delivery } = await world.storyOf(commit);
    const { code, stderr } = await world.headgate(['replay', delivery.id]);
    assert.equal(code, 0, stderr);
    while (statuses(commit)[0]?.description !== 'applied already') await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(statuses(commit)[0]?.state, 'success');
  });

  it('deploys all the same while GitHub takes no statuses', async () => {
    await start();
    world.github.rest.faults.next({ kind: 'status', status: 404 }, { path: '/statuses/', count: 1_000 });
    await world.applied(await push('not told'));
    world.github.rest.faults.clear();
    const commit = await push('told');
    assert.equal((await told(commit, 'success')).at(-1), `${CONTEXT} success: applied`);
  });

  it('says nothing where nobody asked for it', async () => {
    await start({ source: {} });
    const commit = await push('silent');
    await world.applied(commit);
    await world.storyOf(commit, ({ reconciles }) => reconciles[0]?.outcome === 'applied');
    assert.deepEqual(statuses(commit), []);
  });
});
