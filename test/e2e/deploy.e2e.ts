import assert from 'node:assert/strict';
import { REQUESTED_AT, gitRepository, stuckDeployment } from '../conformance/cluster/flux-objects.ts';
import type { Manifest } from './cluster/apply.ts';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { sendPush } from './headgate/forge.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication } from './headgate/stage.ts';

describe('a push that reaches a real cluster', function () {
  this.timeout(240_000);
  let cluster: RealCluster;
  let git: GitServer;
  let headgate: Headgate;
  before(async function () {
    this.timeout(420_000);
    [cluster, git] = await Promise.all([startCluster({ name: 'prod' }), startGitServer()]);
    headgate = await startHeadgate({ clusters: [{ name: 'prod', kubeconfig: cluster.kubeconfigs.headgate }], sourceUrl: git.url });
  });
  after(async function () {
    const keep = hasFailed(this);
    await headgate?.stop(keep);
    await cluster?.stop(keep);
    await git?.stop();
  });

  it('is accepted, annotated, fetched and applied, and its story says so', async () => {
    const app = await deployApplication(git, 'webapp', [cluster]);
    const sha = await app.commit('second');
    const receipt = await app.announce(headgate, sha);
    assert.equal(receipt.status, 202);
    assert.match(receipt.body.delivery ?? '', /^dlv_/);

    const story = await headgate.api.storyWhen(sha, hasEnded);
    const reconcile = reconcileOf(story, 'webapp');
    assert.equal(reconcile.outcome, 'applied', JSON.stringify(reconcile));
    assert.equal(reconcile.revision, sha);
    assert.equal(story.delivery.id, receipt.body.delivery);
    assert.equal(story.delivery.state, 'done');
    assert.deepEqual(
      story.decisions.map(({ verdict, rule }) => [verdict, rule]),
      [['allow', 'anything changes[0]']],
    );
    assert.deepEqual(
      reconcile.consumers.map(({ object, outcome, revision }) => [object.kind, object.name, outcome, revision]),
      [['Kustomization', 'webapp', 'applied', `main@sha1:${sha}`]],
    );

    assert.equal(await app.deployed(cluster), 'second');
    const source = await app.source(cluster);
    assert.equal(source.metadata.annotations?.[REQUESTED_AT], reconcile.token);
    assert.equal(source.metadata.annotations?.['event.toolkit.fluxcd.io/headgate-run'], reconcile.id);
    assert.equal(source.status?.lastHandledReconcileAt, reconcile.token);
    assert.equal(source.status?.artifact?.revision, `main@sha1:${sha}`);
    assert.equal((await app.consumer(cluster)).metadata.annotations?.[REQUESTED_AT], undefined, 'the consumer is not asked apart');
  });

  it('leaves Events on the target that name the change and the rule', async () => {
    const app = await deployApplication(git, 'eventful', [cluster]);
    const sha = await app.commit('second');
    await app.announce(headgate, sha);
    const story = await headgate.api.storyWhen(sha, hasEnded);
    const list = (await cluster.admin.get('/api/v1/namespaces/eventful/events')).text;
    const events = (JSON.parse(list) as { items: { reason: string; message: string; involvedObject: { kind: string; name: string } }[] })
      .items;
    const ours = events.filter(({ reason }) => reason.startsWith('Headgate'));
    assert.deepEqual(ours.map(({ reason }) => reason).sort(), ['HeadgateApplied', 'HeadgateTriggered']);
    for (const event of ours) {
      assert.deepEqual([event.involvedObject.kind, event.involvedObject.name], ['GitRepository', 'eventful']);
      assert.ok(event.message.includes(story.change.id), event.message);
    }
    assert.ok(ours.some(({ message }) => message.includes('anything changes[0]')));
  });

  it('is answered 200 with the same id when it is sent again, and triggers nothing twice', async () => {
    const app = await deployApplication(git, 'doubled', [cluster]);
    const sha = await app.commit('second');
    const push = { repository: 'org/doubled', after: sha, deliveryId: 'a-delivery-sent-twice' };
    const receipts = await Promise.all([sendPush(headgate, push), sendPush(headgate, push), sendPush(headgate, push)]);
    assert.deepEqual(receipts.map(({ status }) => String(status)).sort(), ['200', '200', '202']);
    assert.equal(new Set(receipts.map(({ body }) => body.delivery)).size, 1);
    await headgate.api.storyWhen(sha, hasEnded);
    assert.equal((await headgate.api.deliveries({ deliveryId: push.deliveryId })).length, 1);
    assert.equal((await headgate.api.reconciles()).filter(({ target }) => target.name === 'doubled').length, 1);
  });

  it('with a broken manifest ends failed, in the words of Flux, until a good one arrives', async () => {
    const app = await deployApplication(git, 'broken', [cluster]);
    const bad = await app.commit('bad', {
      'deploy/bad.yaml': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"n":1}}',
    });
    await app.announce(headgate, bad);
    const failed = reconcileOf(await headgate.api.storyWhen(bad, (story) => story.reconciles[0]?.outcome === 'failed'), 'broken');
    assert.match(failed.consumers[0]?.message ?? '', /ConfigMap\/broken\/x dry-run failed/);
    assert.match(failed.message ?? '', /ConfigMap\/broken\/x dry-run failed/);
    assert.equal(await app.deployed(cluster), 'first');

    const good = await app.commit('good', { 'deploy/bad.yaml': null });
    await app.announce(headgate, good);
    assert.equal(reconcileOf(await headgate.api.storyWhen(good, hasEnded), 'broken').outcome, 'applied');
    assert.equal(reconcileOf(await headgate.api.storyWhen(bad, hasEnded), 'broken').outcome, 'superseded');
    assert.equal(await app.deployed(cluster), 'good');
  });

  it('whose source cannot be fetched is not taken for applied because the consumer is Ready', async () => {
    const app = await deployApplication(git, 'unfetchable', [cluster]);
    const sha = await app.commit('second');
    git.failing = true;
    try {
      await app.announce(headgate, sha);
      const story = await headgate.api.storyWhen(sha, ({ reconciles }) => reconciles[0]?.outcome === 'failed');
      const failed = reconcileOf(story, 'unfetchable');
      assert.match(failed.message ?? '', /failed to checkout and determine revision/);
      assert.equal(failed.state, 'observing', 'Flux goes on trying, so we go on looking');
      assert.equal((await app.consumer(cluster)).status?.conditions?.[0]?.status, 'True');
    } finally {
      git.failing = false;
    }
    const mended = reconcileOf(await headgate.api.storyWhen(sha, hasEnded, 120_000), 'unfetchable');
    assert.equal(mended.outcome, 'applied');
    assert.equal(await app.deployed(cluster), 'second');
  });

  it('to a suspended source is skipped and says why, and writes no annotation', async () => {
    const app = await deployApplication(git, 'suspended', [cluster], { source: { ref: { branch: 'main' } } });
    await app.patchSource(cluster, { suspend: true });
    const before = await app.source(cluster);
    const sha = await app.commit('second');
    await new Promise((resolve) => setTimeout(resolve, 300)); // the watch tells Headgate
    await app.announce(headgate, sha);
    const reconcile = reconcileOf(await headgate.api.storyWhen(sha, hasEnded), 'suspended');
    assert.deepEqual([reconcile.outcome, reconcile.reason], ['skipped', 'suspended']);
    assert.deepEqual((await app.source(cluster)).metadata.annotations, before.metadata.annotations);
    assert.equal(await app.deployed(cluster), 'first');
  });

  it('followed by a suspended consumer moves the source and says that the consumer stays', async () => {
    const app = await deployApplication(git, 'half-suspended', [cluster]);
    await app.patchConsumer(cluster, { suspend: true });
    const sha = await app.commit('second');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await app.announce(headgate, sha);
    const reconcile = reconcileOf(await headgate.api.storyWhen(sha, hasEnded), 'half-suspended');
    assert.deepEqual(
      reconcile.consumers.map(({ outcome, reason }) => [outcome, reason]),
      [['skipped', 'suspended']],
    );
    assert.notEqual(reconcile.outcome, 'applied');
    assert.equal((await app.source(cluster)).status?.artifact?.revision, `main@sha1:${sha}`);
    assert.equal(await app.deployed(cluster), 'first');
  });

  it('touches of two sources on one repository only the one that follows its ref, and says why not the other', async () => {
    const app = await deployApplication(git, 'twofold', [cluster]);
    await app.repository.commit({ 'deploy/config.yaml': '{}' }, { branch: 'next' });
    await cluster.apply(gitRepository('twofold', 'twofold-next', app.repository.url, { ref: { branch: 'next' } }) as Manifest);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const sha = await app.commit('second');
    await app.announce(headgate, sha);
    const story = await headgate.api.storyWhen(sha, hasEnded);
    assert.deepEqual(
      story.reconciles.map(({ target, outcome }) => [target.name, outcome]),
      [['twofold', 'applied']],
    );
    assert.deepEqual(
      story.candidates.map(({ target, reason }) => [target.name, reason]),
      [['twofold-next', 'other-ref']],
    );
    assert.match(story.candidates[0]?.message ?? '', /next/);
  });

  it('that repairs a stuck health check is triggered at once: the stuck one holds no lease', async function () {
    this.timeout(420_000);
    const app = await deployApplication(git, 'stuck', [cluster], { consumer: { wait: true, timeout: '1s' } });
    const stuck = await app.commit('stuck', { 'deploy/deployment.yaml': stuckDeployment('never') });
    await app.announce(headgate, stuck);
    await headgate.api.storyWhen(stuck, ({ reconciles }) => reconciles[0]?.steps.some(({ name }) => name === 'artifact') ?? false);

    const fix = await app.commit('fixed', { 'deploy/deployment.yaml': null });
    await app.announce(headgate, fix);
    const sentAt = Date.now();
    const triggered = await headgate.api.storyWhen(fix, ({ reconciles }) => typeof reconciles[0]?.triggeredAt === 'string', 10_000);
    assert.ok(Date.now() - sentAt < 5_000);
    assert.equal(reconcileOf(triggered, 'stuck').state, 'observing');

    const story = await headgate.api.storyWhen(fix, hasEnded, 180_000);
    assert.equal(reconcileOf(story, 'stuck').outcome, 'applied');
    assert.equal(await app.deployed(cluster), 'fixed');
    assert.equal(reconcileOf(await headgate.api.storyWhen(stuck, hasEnded), 'stuck').outcome, 'superseded');
  });
});
