import assert from 'node:assert/strict';
import type { NewHgChangeset } from '#sandbox/hg/changeset.ts';
import type { HgPush } from '#sandbox/hg/fake-hg-host.ts';
import { configMap, HgFlowWorld, reconcileOf, shortly, type HgFlowOptions } from './hg-flow-world.ts';

const aliceAlone: HgFlowOptions = { rule: { pushers: { people: ['alice'] } } };

describe('a push of Mercurial and a whole server', function () {
  this.timeout(120_000);
  let world: HgFlowWorld;
  const open = async (options?: HgFlowOptions): Promise<void> => {
    world = await HgFlowWorld.start(options);
  };
  afterEach(() => world.stop());

  const message = () => world.host.deliveries.at(-1) ?? assert.fail('the hook sent nothing');

  it('comes from the hook to what the cluster applied of that very changeset', async () => {
    await open(aliceAlone);
    const [node = ''] = await world.push('second');
    const story = await world.ended(node);

    assert.equal(message().status, 202);
    const { outcome, steps, published, consumers } = reconcileOf(story);
    assert.equal(outcome, 'applied');
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['queued', 'published', 'triggered', 'artifact', 'applied'],
    );
    assert.deepEqual(world.published(), { digest: published?.digest, revision: `default@sha1:${node}` });
    assert.equal(consumers[0]?.revision, `default@${published?.digest}`);
    await world.applied(node);
    assert.equal(world.text(), 'second');
    const { ref, confirmed, readBack, actors } = story.change;
    assert.deepEqual([ref, confirmed, readBack?.by, actors.map(({ account }) => account)], ['branch:default', true, 'hgweb', ['alice']]);
  });

  it('is published nowhere when it is denied', async () => {
    await open(aliceAlone);
    const before = world.published();
    const [node = ''] = await world.push('second', { by: 'mallory' });
    const { decisions, reconciles } = await world.storyOf(node, (story) => story.decisions.length > 0);
    assert.deepEqual(
      decisions.map(({ verdict }) => verdict),
      ['deny'],
    );
    assert.deepEqual([reconciles, world.published(), world.moves(), world.text()], [[], before, 1, 'first']);
  });

  const doubtful: Readonly<Record<string, readonly [code: string, HgPush]>> = {
    'symbolic links': ['symlinks', one({ files: { 'apps/pay/passwd.yaml': { bytes: '/etc/passwd', kind: 'symlink' } } })],
    'a .hgsub that points inside': ['subrepositories', one({ files: { '.hgsub': 'apps/pay/sub = http://127.0.0.1:1/internal\n' } })],
    largefiles: ['largefiles', one({ files: { '.hglf/apps/pay/large.yaml': `${'0'.repeat(40)}\n` } })],
    'a second head beside it': ['several-heads', { ...one(), changesets: [{ parents: [] }, { parents: [] }] }],
    'a bookmark called like its branch': ['shadowed', { ...one(), bookmarks: { default: 'new' } }],
    'a draft at its head': ['draft', one({ phase: 'draft' })],
  };
  for (const [what, [code, push]] of Object.entries(doubtful))
    it(`is denied, and published nowhere, with ${what}`, async () => {
      await open();
      const before = world.published();
      await world.host.push(push);
      const { facts } = await world.decided(({ verdict, reasons }) => verdict === 'deny' && reasons[0]?.code === 'doubtful');
      assert.deepEqual(facts['doubts'], [code]);
      assert.deepEqual([world.published(), world.moves(), world.text()], [before, 1, 'first']);
    });

  it('that no hook told of is found by the sweep', async () => {
    await open({ sweep: '1s' });
    world.host.setHook(undefined);
    const [node = ''] = await world.push('second');
    await world.applied(node);
    const { delivery, change } = await world.storyOf(node);
    assert.deepEqual([delivery.kind, change.confirmed, change.actors], ['sweep', true, []]);
  });

  it('that the hook tells of twice is one delivery', async () => {
    await open();
    const [node = ''] = await world.push('second');
    await world.ended(node);
    const before = await world.deliveries();
    assert.equal((await world.host.deliver(message()))?.status, 200);
    assert.deepEqual(await world.deliveries(), before);
    assert.equal(world.moves(), 2);
  });

  it('that was denied deploys by a replay of the delivery of the hook, once it is allowed', async () => {
    await open(aliceAlone);
    const [node = ''] = await world.push('second', { by: 'mallory' });
    await world.storyOf(node, ({ decisions }) => decisions.length > 0);
    const told = await world.settled(message().id);
    const found = (await world.deliveries()).find(({ cause }) => cause === told.id) ?? assert.fail('nothing was found');
    world.setPolicy({});
    while ((await world.headgate(['explain', '--repo', 'infra', '--ref', 'branch:default'])).code !== 0) await shortly();
    const { code, stdout, stderr } = await world.headgate(['replay', told.id, '--wait', '60s']);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, new RegExp(found.id));
    await world.applied(node);
    assert.equal(world.published()?.revision, `default@sha1:${node}`);
  });

  it('is published once for two clusters, and each has an outcome of its own', async () => {
    await open({ clusters: ['prod', 'stage'] });
    const [node = ''] = await world.push('second');
    const { reconciles } = await world.ended(node);
    assert.deepEqual(reconciles.map(({ target, outcome }) => `${target.cluster} ${outcome}`).toSorted(), ['prod applied', 'stage applied']);
    assert.equal(world.moves(), 2);
    for (const cluster of world.clusters.values()) assert.equal(world.text(cluster), 'second');
  });

  it('waits for a registry that is away, and is applied when it is back', async () => {
    await open();
    world.registry.fault = () => ({ endAfter: 0 });
    const [node = ''] = await world.push('second');
    const waiting = await world.storyOf(node, ({ reconciles }) => reconciles[0]?.steps.at(-1)?.name === 'retrying');
    assert.match(reconcileOf(waiting).steps.at(-1)?.detail ?? '', new RegExp(world.registry.host));
    assert.equal(world.text(), 'first');
    world.registry.fault = undefined;
    assert.equal(reconcileOf(await world.ended(node)).outcome, 'applied');
    assert.equal(world.text(), 'second');
  });

  it('goes on where a registry has broken off in the midst of an upload', async () => {
    await open();
    let broken = 0;
    world.registry.fault = ({ method, path }) =>
      method !== 'GET' && /uploads\/./.test(path) && broken++ < 2 ? { endAfter: 10 } : undefined;
    const [node = ''] = await world.push('second');
    assert.equal(reconcileOf(await world.ended(node)).outcome, 'applied');
    assert.ok(broken > 2);
    assert.equal(world.text(), 'second');
  });

  it('that cannot be applied fails, and the push that mends it is applied', async () => {
    await open();
    const [bad = ''] = await world.push('second', { files: { 'apps/pay/broken.yaml': 'kind: [' } });
    await world.storyOf(bad, ({ reconciles }) => reconciles[0]?.outcome === 'failed');
    const [good = ''] = await world.push('third', { files: { 'apps/pay/broken.yaml': null } });
    assert.equal(reconcileOf(await world.ended(good)).outcome, 'applied');
    assert.equal(world.text(), 'third');
  });
});

function one(more: NewHgChangeset = {}): HgPush {
  return {
    repository: 'infra',
    by: 'alice',
    changesets: [{ ...more, files: { 'apps/pay/pay.yaml': configMap('second'), ...more.files } }],
  };
}
