import assert from 'node:assert/strict';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { policy, startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, retriesSoon } from './headgate/stage.ts';

describe('two clusters', function () {
  this.timeout(420_000);
  let east: RealCluster;
  let west: RealCluster;
  let git: GitServer;
  let headgate: Headgate;
  before(async function () {
    this.timeout(420_000);
    [east, west, git] = await Promise.all([startCluster({ name: 'east' }), startCluster({ name: 'west' }), startGitServer()]);
    headgate = await startHeadgate({
      clusters: [east, west].map(({ name, kubeconfigs }) => ({ name, kubeconfig: kubeconfigs.headgate })),
      sourceUrl: git.url,
      policies: [
        policy('both', [{ clusters: ['*'], namespaces: ['shared', 'apart'] }]),
        policy('eastern', [{ clusters: ['east'], namespaces: ['eastern'] }]),
      ],
    });
  });
  after(async function () {
    const keep = hasFailed(this);
    await headgate?.stop(keep);
    await Promise.all([east?.stop(keep), west?.stop(keep)]);
    await git?.stop();
  });

  it('are both brought to one push, each with its own outcome', async () => {
    const app = await deployApplication(git, 'shared', [east, west]);
    const sha = await app.commit('second');
    await app.announce(headgate, sha);
    const story = await headgate.api.storyWhen(sha, (each) => each.reconciles.length === 2 && hasEnded(each));
    for (const cluster of [east, west]) {
      assert.equal(reconcileOf(story, 'shared', cluster.name).outcome, 'applied');
      assert.equal(await app.deployed(cluster), 'second');
    }
  });

  it('are told apart by policy: what only one may have, the other is denied', async () => {
    const app = await deployApplication(git, 'eastern', [east, west]);
    const sha = await app.commit('second');
    await app.announce(headgate, sha);
    const story = await headgate.api.storyWhen(sha, (each) => each.decisions.length === 2 && hasEnded(each));
    assert.deepEqual(story.decisions.map(({ target, verdict }) => `${target.cluster}: ${verdict}`).sort(), ['east: allow', 'west: deny']);
    assert.equal(await app.deployed(east), 'second');
    assert.equal(await app.deployed(west), 'first');
  });

  it('do not wait for each other: while one is away the other is deployed, and the one catches up', async () => {
    const app = await deployApplication(git, 'apart', [east, west], retriesSoon);
    await west.apiServer.kill();
    const sha = await app.commit('second');
    assert.equal((await app.announce(headgate, sha)).status, 202);
    await headgate.api.storyWhen(sha, ({ reconciles }) =>
      reconciles.some(({ target, outcome }) => target.cluster === 'east' && outcome === 'applied'),
    );
    assert.equal(await app.deployed(east), 'second');
    await west.apiServer.start();
    const story = await headgate.api.storyWhen(sha, hasEnded, 300_000);
    assert.equal(reconcileOf(story, 'apart', 'west').outcome, 'applied');
    assert.equal(await app.deployed(west), 'second');
  });
});
