import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Fault } from '#sandbox/github/rest/faults.ts';
import { configMap, readBacks, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const MAIN = 'refs/heads/main';

for (const by of readBacks) {
  describe(`a server that reads back by ${by}, when things move between a push and its delivery`, function () {
    this.timeout(120_000);
    let world: ForgeWorld;
    beforeEach(async () => {
      world = await startForgeWorld({ by });
    });
    afterEach(() => world.stop());

    const push = (text: string, onto?: string) =>
      world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap(text) }, ...(onto ? { onto } : {}) });
    const changes = async () => (await world.get<{ readonly items: readonly Change[] }>('/v1/changes')).items;
    /** Why the one target does not move. */
    const miss = ({ candidates }: Story) => candidates.map(({ reason, message }) => `${reason}: ${message}`).join();

    it('deploys what a force push left, and not what it threw away', async () => {
      const thrown = await world.unheard(() => push('thrown away'));
      const kept = await world.unheard(() => push('kept', world.first));
      await world.github.redeliver(thrown.id);
      await world.applied(kept.commit);
      const off = await world.storyOf(thrown.commit);
      assert.deepEqual([off.change.confirmed, off.change.readBack?.standing, off.reconciles], [false, 'off', []]);
      assert.match(miss(off), /^not-head: .*does not contain it \(any more\)$/);
      const { change, delivery } = await world.storyOf(kept.commit);
      assert.deepEqual([delivery.kind, change.confirmed], ['sweep', true]);
      const { code, stdout } = await world.headgate(['trace', thrown.commit]);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /does not contain it \(any more\)/);
      assert.ok(stdout.includes(`takes what it leads to now: \`headgate trace ${kept.commit}\``), stdout);
      assert.match(
        await world.page(`/changes/${off.change.id}`),
        /Objects that follow refs\/heads\/main of org\/app take what it leads to now/,
      );
    });

    it('stays at a rebased branch when what it replaced is heard of afterwards', async () => {
      const old = await world.unheard(() => push('before the rebase'));
      await world.unheard(() => world.github.push({ repository: REPOSITORY, files: { README: 'rebased' }, onto: world.first }));
      const rebased = await world.unheard(() => push('rebased'));
      await world.github.redeliver(rebased.id);
      await world.applied(rebased.commit);
      await world.github.redeliver(old.id);
      await world.settled(old.id);
      const { change, reconciles } = await world.storyOf(old.commit);
      assert.deepEqual([change.readBack?.standing, change.confirmed, reconciles], ['off', false, []]);
      assert.equal((await changes()).length, 2, 'no head is entered that is known');
    });

    it('leaves the target where it is when the branch is gone, and deploys what comes back', async () => {
      const gone = await world.unheard(() => push('gone before it was heard of'));
      const deletion = await world.unheard(() => world.github.move(REPOSITORY, MAIN, null));
      await world.github.redeliver(gone.id);
      await world.settled(gone.id);
      const story = await world.storyOf(gone.commit);
      assert.deepEqual([story.change.confirmed, story.change.readBack?.standing, story.reconciles], [false, 'gone', []]);
      assert.match(miss(story), /^not-head: .*leads to, which is nothing: the ref does not exist \(any more\)$/);
      await world.github.redeliver(deletion.id);
      await world.settled(deletion.id);
      assert.equal((await changes()).find(({ action }) => action === 'deleted')?.confirmed, true);
      await world.github.move(REPOSITORY, MAIN, gone.commit);
      await world.applied(gone.commit);
    });
  });
}

describe('a server whose GitHub does not show yet what it has announced', function () {
  this.timeout(120_000);
  let world: ForgeWorld;
  beforeEach(async () => {
    world = await startForgeWorld({ by: 'api' });
  });
  afterEach(() => world.stop());

  const push = () => world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('slowly shown') } });

  for (const [what, times] of [
    ['a ref', 2],
    ['a commit', 3],
  ] as const) {
    it(`asks again for ${what}, and deploys what it is shown in the end`, async () => {
      const pushed = await world.unheard(push);
      world.github.rest.faults.unseen(what === 'a ref' ? MAIN : pushed.commit, times);
      await world.github.redeliver(pushed.id);
      await world.applied(pushed.commit);
      const { change } = await world.storyOf(pushed.commit);
      assert.deepEqual([change.confirmed, change.readBack?.standing], [true, 'head']);
    });
  }
});

describe('a server whose GitHub is in trouble', function () {
  this.timeout(120_000);
  let world: ForgeWorld;
  beforeEach(async () => {
    world = await startForgeWorld({ by: 'api' });
  });
  afterEach(() => world.stop());

  const troubles: readonly (readonly [string, Fault, RegExp])[] = [
    ['limits requests', { kind: 'secondary', retryAfter: 2 }, /asked too often; it may be asked again in \d s/],
    ['fails', { kind: 'status', status: 502 }, /it answers 502/],
    ['cuts its answers short', { kind: 'cut' }, /aborted|hang up|cannot be read/],
    ['refuses the credentials', { kind: 'status', status: 401 }, /refuses the credentials/],
  ];
  for (const [what, fault, reason] of troubles) {
    it(`keeps a push while it ${what}, says why, and deploys it afterwards`, async () => {
      const pushed = await world.unheard(() =>
        world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('troubled') } }),
      );
      world.github.rest.faults.next(fault, { count: 1_000 });
      await world.github.redeliver(pushed.id);
      const waiting = await world.delivery(pushed.id, ({ attempts }) => attempts > 0);
      assert.equal(waiting.state, 'pending');
      assert.match(waiting.reason ?? '', reason);
      world.github.rest.faults.clear();
      await world.applied(pushed.commit);
      assert.equal((await world.settled(pushed.id)).state, 'done');
    });
  }

  it('deploys a push although every answer is slow', async () => {
    world.github.rest.faults.next({ kind: 'slow', ms: 700 }, { count: 5 });
    const { after } = await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('slow') } });
    await world.applied(after ?? '');
  });
});
