import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { sweepSource } from '#handlers/sweep.ts';
import { alice, HgWorld, mallory } from './hg-world.ts';

const nowhere = 'f'.repeat(40);

describe('news that name no ref', () => {
  let world: HgWorld;
  const open = async (...args: Parameters<typeof HgWorld.open>): Promise<void> => {
    world = await HgWorld.open(...args);
  };
  const sweep = () => {
    const { flow } = world;
    const adapter = flow.deps.adapters.get('hub');
    if (!adapter?.readBack) throw new Error('there is no source');
    const deps = { clock: flow.clock, log: silentLog, journal: flow.journal, inventory: flow.clusters, onAccepted: () => {} };
    return sweepSource(deps, adapter, adapter.readBack, 'test');
  };
  afterEach(() => world.flow.close());

  it('make a change of each followed ref that has moved, which names them as its cause', async () => {
    await open(['branch:default', 'bookmark:prod', 'branch:stable']);
    const head = world.commit();
    world.host.bookmark('infra', 'prod', head);
    const told = await world.tell(alice, head, { bookmarks: { prod: head } });
    await world.handle();
    assert.deepEqual((await world.seen()).toSorted(), [`bookmark:prod ${head} by alice: allow`, `branch:default ${head} by alice: allow`]);
    const found = await world.foundBecauseOf(told);
    assert.deepEqual(
      found.map(({ kind, event, state, cause }) => [kind, event, state, cause]),
      Array(2).fill(['look', 'head', 'done', told]),
    );
    const { state, reason } = await world.delivery(told);
    assert.equal(state, 'done');
    for (const { id, hint } of found) assert.match(reason ?? '', new RegExp(`${hint?.ref} to ${head.slice(0, 12)} \\(${id}\\)`));
  });

  it('are looked at by one question, which confirms what it found unless that was a while ago', async () => {
    await open(['branch:default']);
    const questions = (): number => world.host.asked.filter((question) => question.startsWith('names')).length;
    await world.tell(alice, world.commit());
    await world.handle();
    assert.equal(questions(), 1);
    assert.equal((await world.seen()).length, 1);
  });

  it('say so when nothing that is followed has moved, and when nothing is followed', async () => {
    await open(['branch:default', 'bookmark:prod']);
    const told = await world.tell(alice, world.commit({ branch: 'feature' }));
    world.host.commit('other', {});
    await world.handle();
    assert.equal((await world.delivery(told)).reason, 'of what is followed of infra nothing has moved: branch:default, bookmark:prod');
    for (const name of ['o0', 'o1']) world.flow.clusters.remove({ cluster: 'prod', kind: 'OCIRepository', namespace: 'apps', name });
    const next = await world.tell(alice, world.commit());
    await world.handle();
    assert.equal((await world.delivery(next)).reason, 'nothing of infra is followed');
    assert.deepEqual(await world.seen(), []);
  });

  it('are a handful of looks, however many of them there are', async () => {
    await open();
    const pushed: string[] = [];
    for (let count = 0; count < 200; count++) {
      const node = world.commit();
      pushed.push(await world.tell(alice, node));
    }
    world.host.asked.length = 0;
    for (let rounds = 0; rounds < 5; rounds++) await world.handle();
    assert.equal((await world.stories()).filter(({ reconciles }) => reconciles.length > 0).length, 1);
    const looks = world.host.asked.filter((question) => question.startsWith('names')).length;
    assert.ok(looks < 10, `${looks} looks`);
    assert.equal((await world.delivery(pushed[0] ?? '')).state, 'done');
  });

  describe('whose push it was', () => {
    it('is the one who brought the head, and whoever came before with him', async () => {
      await open();
      const one = world.commit();
      const two = world.commit();
      await world.tell(mallory, one);
      await world.tell(alice, two);
      await world.handle();
      assert.deepEqual(await world.seen(), [`branch:default ${two} by alice: allow`], 'where the ref was before is not known');
      const three = world.commit();
      const four = world.commit();
      await world.tell(mallory, three);
      await world.tell(alice, four);
      await world.handle();
      assert.deepEqual((await world.seen()).slice(1), [`branch:default ${four} by alice+mallory: deny no-pusher`]);
    });

    it('is nobody while the news of the head are still to come, and decided anew with them', async () => {
      await open();
      const one = world.commit();
      const two = world.commit();
      await world.tell(alice, one);
      await world.handle();
      assert.match((await world.seen())[0] ?? '', new RegExp(`^branch:default ${two} by nobody: deny`));
      await world.tell(mallory, two);
      await world.handle();
      assert.match((await world.seen())[1] ?? '', new RegExp(`^branch:default ${two} by mallory: deny`));
    });

    it('is told after a sweep has found the head', async () => {
      await open();
      const head = world.commit();
      await sweep();
      await world.handle();
      assert.match((await world.seen())[0] ?? '', /by nobody: deny/);
      await world.tell(alice, head);
      await world.handle();
      assert.equal((await world.seen())[1], `branch:default ${head} by alice: allow`);
      await world.tell(alice, head);
      await world.handle();
      assert.equal((await world.seen()).length, 2);
    });

    it('is not whoever brought the changeset that somebody else moves a bookmark to', async () => {
      await open(['bookmark:prod']);
      const head = world.commit();
      world.host.bookmark('infra', 'prod', head);
      await world.tell(alice, head);
      await world.handle();
      assert.match((await world.seen())[0] ?? '', /^bookmark:prod \w+ by nobody: deny/);
      await world.tell(mallory, null, { bookmarks: { prod: head } });
      await world.handle();
      assert.match((await world.seen())[1] ?? '', /by mallory: deny/);
    });

    it('is whoever brought the line of a tag, and whatever else with it', async () => {
      await open(['tag:v*@branch:default']);
      const tagged = world.commit();
      const tagging = world.commit({ files: { '.hgtags': `${tagged} v1\n` } });
      const signing = world.commit({ files: { '.hgsigs': `${tagging} 0 aGVsbG8=\n` } });
      world.commit({ branch: 'other' });
      await world.tell(alice, signing, { first: tagged });
      await world.handle();
      assert.match((await world.seen())[0] ?? '', new RegExp(`^tag:v1@branch:default ${tagged} by alice`));
    });

    it('is known of each branch that one push moves', async () => {
      await open(['branch:default', 'branch:stable']);
      const one = world.commit();
      const two = world.commit({ branch: 'stable' });
      await world.tell(alice, two, { first: one });
      await world.handle();
      assert.deepEqual((await world.seen()).toSorted(), [`branch:default ${one} by alice: allow`, `branch:stable ${two} by alice: allow`]);
    });
  });

  describe('of what is in doubt', () => {
    it('come to a denial, and to an allowance once the doubt is gone, though the head is the same', async () => {
      await open();
      const head = world.commit({ phase: 'draft' });
      await world.tell(alice, head);
      await world.handle();
      assert.deepEqual(await world.seen(), [`branch:default ${head} by alice: deny doubtful`]);
      await world.tell(alice, null);
      await world.handle();
      assert.equal((await world.seen()).length, 1, 'nothing has changed');
      world.host.mark('infra', head, { phase: 'public' });
      const published = await world.tell(alice, null);
      await world.handle();
      assert.match((await world.delivery(published)).reason ?? '', /^moved: branch:default/);
      assert.match((await world.seen())[1] ?? '', new RegExp(`^branch:default ${head} by alice: allow`));
    });

    it('deny two heads, and allow what merges them', async () => {
      await open();
      const one = world.commit();
      const two = world.commit({ parents: [world.first] });
      await world.tell(alice, two);
      await world.handle();
      assert.match((await world.seen())[0] ?? '', /deny doubtful/);
      const merge = world.commit({ parents: [one, two] });
      await world.tell(alice, merge);
      await world.handle();
      assert.equal((await world.seen())[1], `branch:default ${merge} by alice: allow`);
    });

    it('deny a branch that a bookmark shadows, until the bookmark is gone', async () => {
      await open();
      const head = world.commit();
      world.host.bookmark('infra', 'default', world.first);
      await world.tell(alice, head);
      await world.handle();
      assert.match((await world.seen())[0] ?? '', new RegExp(`^branch:default ${head} by alice: deny doubtful`));
      world.host.bookmark('infra', 'default', null);
      await sweep();
      await world.handle();
      assert.match((await world.seen())[1] ?? '', new RegExp(`^branch:default ${head} by alice: allow`));
    });
  });

  it('deploy nothing when the branch is closed, the bookmark deleted, or the changeset stripped', async () => {
    await open(['branch:default', 'bookmark:prod']);
    world.host.bookmark('infra', 'prod', world.first);
    const head = world.commit();
    await world.tell(alice, head);
    world.host.strip('infra', head);
    await world.flow.handle();
    assert.equal(
      (await world.delivery((await world.flow.journal.deliveries({}, { limit: 1, cursor: null })).items[0]?.id ?? '')).state,
      'pending',
    );
    world.host.bookmark('infra', 'prod', null);
    await world.tell(alice, null, { bookmarks: { prod: null } });
    world.commit({ parents: [world.first], close: true });
    await world.handle();
    await sweep();
    await world.handle();
    assert.deepEqual(await world.seen(), []);
    assert.deepEqual(world.flow.enqueued, []);
  });

  it('wait for a changeset that the source does not show yet, for a bounded time', async () => {
    const clock = new SimulatedClock();
    await open(['branch:default'], clock);
    const told = await world.tell(alice, nowhere);
    await world.flow.handle();
    assert.deepEqual([(await world.delivery(told)).state, (await world.delivery(told)).attempts], ['pending', 1]);
    await clock.advance(limits.readBack.lagFor + 1_000);
    await world.handle();
    assert.equal((await world.delivery(told)).state, 'done');
  });

  it('wait until some cluster has told what it contains', async () => {
    const clock = new SimulatedClock();
    await open(['branch:default'], clock);
    world.flow.clusters.known.set('prod', false);
    const told = await world.tell(alice, world.commit());
    await world.flow.handle();
    assert.equal((await world.delivery(told)).state, 'pending');
    world.flow.clusters.known.set('prod', true);
    await clock.advance(10_000);
    await world.handle();
    assert.match((await world.delivery(told)).reason ?? '', /^moved/);
  });

  it('stay pending while the source is away', async () => {
    await open();
    const told = await world.tell(alice, world.commit());
    world.host.failure = new HeadgateError('SOURCE_UNREACHABLE', 'the host does not answer');
    await world.flow.handle();
    assert.deepEqual([(await world.delivery(told)).state, (await world.delivery(told)).reason], ['pending', 'the host does not answer']);
  });

  it('that were lost are found by the sweep, and nobody is named', async () => {
    await open();
    const head = world.commit();
    assert.equal((await sweep()).entered.length, 1);
    await world.handle();
    assert.match((await world.seen())[0] ?? '', new RegExp(`^branch:default ${head} by nobody: deny`));
    assert.equal((await sweep()).entered.length, 0);
  });

  describe('of tags', () => {
    it('deploy the highest version, and never an older one by itself', async () => {
      await open(['tag:v*@branch:default']);
      const head = world.commit({ files: { '.hgtags': `${world.first} v2.0.0\n` } });
      const last = world.commit({ files: { '.hgtags': `${world.first} v2.0.0\n${head} v10.0.0\n${world.first} v9.0.0\n` } });
      await world.tell(alice, last, { first: head });
      await world.handle();
      assert.deepEqual(
        (await world.stories()).map(({ change }) => [change.ref, change.revision]),
        [['tag:v10.0.0@branch:default', head]],
      );
    });

    it('take the one that moved last where none is a version', async () => {
      await open(['tag:v*@branch:default']);
      const head = world.commit();
      const last = world.commit({ files: { '.hgtags': `${world.first} vb\n${head} va\n` } });
      await world.tell(alice, last);
      await world.handle();
      assert.deepEqual(
        (await world.stories()).map(({ change }) => [change.ref, change.revision]),
        [['tag:va@branch:default', head]],
      );
    });
  });
});
