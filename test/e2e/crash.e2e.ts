import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import type { Wire } from '#core/wire.ts';
import { eventually } from '../conformance/cluster/eventually.ts';
import { REQUESTED_AT, gitRepositoryPath } from '../conformance/cluster/flux-objects.ts';
import type { Watch } from '../conformance/cluster/kube-client.ts';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { inspectDeadJournal, type DeadJournal } from './headgate/dead-journal.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startLoad, type Ledger } from './headgate/load.ts';
import { startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, type Application } from './headgate/stage.ts';

const KILLS = 50;
/** Each such kill comes while a request to the API server hangs. */
const HOLD_EVERY = 10;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The run is one; what must hold after it is looked at statement by statement. */
describe(`a process killed ${KILLS} times under load`, function () {
  this.timeout(240_000);
  let cluster: RealCluster;
  let git: GitServer;
  let headgate: Headgate;
  let app: Application;
  let watch: Watch;
  let ledger: Ledger;
  let begunAt: number;
  const autopsies: DeadJournal[] = [];

  before(async function () {
    this.timeout(900_000);
    [cluster, git] = await Promise.all([startCluster({ name: 'crash' }), startGitServer()]);
    headgate = await startHeadgate({ clusters: [{ name: 'crash', kubeconfig: cluster.kubeconfigs.headgate }], sourceUrl: git.url });
    app = await deployApplication(git, 'load', [cluster]);
    const from = (await app.source(cluster)).metadata.resourceVersion;
    watch = await cluster.admin.watch(`${gitRepositoryPath('load')}?resourceVersion=${from}`);
    begunAt = Date.now();
    const load = startLoad(headgate, { senders: 8, repositories: ['org/load', 'org/not-deployed', 'org/neither'], pause: 5 });
    ledger = load.ledger;
    for (let kill = 0; kill < KILLS; kill++) {
      const held = kill % HOLD_EVERY === HOLD_EVERY - 1;
      await pause(held ? 600 : 50 + Math.random() * 200);
      if (held) {
        // A request that hangs keeps its target leased for certain; a lease that lasts some milliseconds is hit by luck only.
        cluster.apiServer.pause();
        await pause(800);
      }
      await headgate.kill();
      if (held) cluster.apiServer.resume();
      autopsies.push(inspectDeadJournal(`${headgate.directory}/data/headgate.db`));
      await headgate.start();
    }
    await load.stop();
    await eventually(async () => assert.deepEqual(await headgate.api.deliveries({ state: 'pending' }), []), 60_000);
  });
  after(async function () {
    watch?.close();
    const keep = hasFailed(this);
    await headgate?.stop(keep);
    await cluster?.stop(keep);
    await git?.stop();
  });

  it('has lost no delivery that it answered 2xx, under the id that it promised', async () => {
    const kept = new Map((await headgate.api.deliveries()).map((delivery) => [delivery.deliveryId, delivery.id]));
    const lost = [...ledger.acknowledged].filter(([sent, promised]) => kept.get(sent) !== promised);
    assert.deepEqual(lost, []);
    assert.ok(ledger.acknowledged.size > 20 * KILLS, `only ${ledger.acknowledged.size} deliveries were acknowledged`);
  });

  it('has each delivery once, and none that nobody sent', async () => {
    const kept = (await headgate.api.deliveries()).map(({ deliveryId }) => deliveryId);
    assert.equal(new Set(kept).size, kept.length);
    assert.deepEqual(
      kept.filter((id) => !ledger.sent.has(id)),
      [],
    );
  });

  it('brings each delivery to its end', async () => {
    const states = new Set((await headgate.api.deliveries()).map(({ state }) => state));
    assert.deepEqual([...states], ['done']);
  });

  it('reconciles for changes of recorded deliveries alone', async () => {
    const deliveries = new Set((await headgate.api.deliveries()).map(({ id }) => id));
    const changes = new Map((await headgate.api.all<Wire<Change>>('changes')).map((change) => [change.id, change]));
    const reconciles = await headgate.api.reconciles();
    assert.ok(reconciles.length > 0);
    for (const { change } of reconciles) {
      assert.ok(deliveries.has(changes.get(change)?.delivery ?? ''), `${change} has no delivery`);
      assert.equal(changes.get(change)?.repository, 'org/load');
    }
  });

  it('asked the cluster at most twice a second and once per start, never for something older than before', () => {
    const tokens = watch.events.map(({ object }) => object.metadata.annotations?.[REQUESTED_AT] ?? '');
    const distinct = tokens.filter((token, index) => token !== '' && token !== tokens[index - 1]);
    assert.equal(new Set(distinct).size, distinct.length, 'a token came back after another one');
    assert.deepEqual(distinct, distinct.toSorted(), 'an older request came after a newer one');
    assert.ok(distinct.length >= 1);
    const seconds = (Date.now() - begunAt) / 1000;
    assert.ok(distinct.length <= 2 * seconds + KILLS, `${distinct.length} requests in ${seconds.toFixed(0)} s`);
  });

  it('left a whole journal behind each time', () => {
    assert.deepEqual([...new Set(autopsies.map(({ integrity }) => integrity))], ['ok']);
  });

  it('deploys the newest push when the load is over', async () => {
    await pause(1_100); // forges date pushes by the second
    const sha = await app.commit('last');
    assert.equal((await app.announce(headgate, sha)).status, 202);
    const story = await headgate.api.storyWhen(sha, hasEnded, 30_000);
    assert.equal(reconcileOf(story, 'load').outcome, 'applied');
    assert.equal(await app.deployed(cluster), 'last');
    await eventually(async () => {
      const open = (await headgate.api.reconciles()).filter(({ state }) => state !== 'ended');
      assert.deepEqual(open, []);
    }, 30_000);
  });

  it('was killed in the moments that matter, or this run proves nothing', async () => {
    const kept = await headgate.api.deliveries();
    const unanswered = kept.filter(({ deliveryId }) => !ledger.acknowledged.has(deliveryId)).length;
    assert.ok(unanswered > 0, 'never between the commit and the answer');
    assert.ok(ledger.known > 0, 'no delivery was sent twice');
    assert.ok(ledger.broken > 0, 'no connection broke');
    assert.ok(
      autopsies.some(({ leases }) => leases > 0),
      'never while a target was leased',
    );
  });
});
