import assert from 'node:assert/strict';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, retriesSoon, type Application } from './headgate/stage.ts';

/**
 * Controllers come back on their own time: kustomize-controller was seen to work on its stale cache, failing to write status, for
 * more than a minute after its API server had returned. The push must arrive; when is Flux's affair.
 */
const FLUX_RECOVERS = 480_000;

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000));

describe('an API server that goes away', function () {
  this.timeout(1_200_000);
  let cluster: RealCluster;
  let git: GitServer;
  let headgate: Headgate;
  let apps: Application[];
  before(async () => {
    [cluster, git] = await Promise.all([startCluster({ name: 'fragile' }), startGitServer()]);
    headgate = await startHeadgate({ clusters: [{ name: 'fragile', kubeconfig: cluster.kubeconfigs.headgate }], sourceUrl: git.url });
    apps = await Promise.all(['one', 'two', 'three'].map((name) => deployApplication(git, name, [cluster], retriesSoon)));
  });
  after(async function () {
    const keep = hasFailed(this);
    await headgate?.stop(keep);
    await cluster?.stop(keep);
    await git?.stop();
  });

  async function pushAll(version: string): Promise<Map<Application, string>> {
    const pushed = new Map<Application, string>();
    for (const app of apps) {
      const sha = await app.commit(version);
      assert.equal((await app.announce(headgate, sha)).status, 202);
      pushed.set(app, sha);
    }
    return pushed;
  }

  async function allApplied(pushed: ReadonlyMap<Application, string>, version: string, within: number): Promise<void> {
    for (const [app, sha] of pushed) {
      const story = await headgate.api.storyWhen(sha, hasEnded, within);
      assert.equal(reconcileOf(story, app.name).outcome, 'applied');
      assert.equal(await app.deployed(cluster), version);
    }
  }

  it('for 20 s in the middle of pushes costs time and no push, also when Headgate is restarted meanwhile', async () => {
    const before = await pushAll('before');
    await cluster.apiServer.kill();
    const killedAt = Date.now();
    await pushAll('during');
    assert.equal((await fetch(`${headgate.health}/readyz`)).status, 200, 'it can still journal, so it is ready');
    await seconds(5);
    assert.equal(await headgate.terminate(), 0);
    await headgate.start();
    const blind = await pushAll('blind');
    await seconds(20 - (Date.now() - killedAt) / 1000);
    await cluster.apiServer.start();
    await allApplied(blind, 'blind', FLUX_RECOVERS);
    for (const [app, sha] of before) {
      const { outcome } = reconcileOf(await headgate.api.storyWhen(sha, hasEnded), app.name);
      assert.ok(outcome === 'superseded' || outcome === 'applied' || outcome === 'skipped', `the push before ended ${outcome}`);
    }
    assert.deepEqual(await headgate.api.deliveries({ state: 'pending' }), []);
  });

  it('by answering nothing for longer than a request may take is survived in the same way', async () => {
    cluster.apiServer.pause();
    let pushed: Map<Application, string>;
    try {
      pushed = await pushAll('paused');
      assert.equal((await fetch(`${headgate.health}/readyz`)).status, 200);
      await seconds(12);
    } finally {
      cluster.apiServer.resume();
    }
    await allApplied(pushed, 'paused', FLUX_RECOVERS);
  });
});
