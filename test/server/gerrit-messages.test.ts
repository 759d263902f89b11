import assert from 'node:assert/strict';
import type { Brought } from '#core/brought.ts';
import type { Story } from '#core/ports/journal.ts';
import { currentPatchSet } from '#sandbox/gerrit/change.ts';
import { GerritFlowWorld, PAGES, type GerritFlowOptions } from './gerrit-flow-world.ts';

describe('a server that tells changes of Gerrit what became of them', function () {
  this.timeout(120_000);
  let world: GerritFlowWorld;
  afterEach(() => world.stop());

  const start = async (more: GerritFlowOptions = {}): Promise<void> => {
    world = await GerritFlowWorld.start({ source: { feedback: { messages: true } }, ...more });
  };
  const first = (text: string | undefined): string => (text ?? '').split('\n')[0] ?? '';

  it('writes on each of five changes that were submitted together where they run, since when, and by whose leave', async () => {
    await start();
    const changes = await world.submitted(['one', 'two', 'three', 'four', 'five'], 'release');
    for (const change of changes) assert.deepEqual((await world.told(change)).map(first), ['Headgate: applied in prod']);
    const tip = currentPatchSet(changes.at(-1) ?? assert.fail()).revision;
    const stories = await world.stories(tip);
    const reconciled = stories.filter(({ reconciles }) => reconciles.length > 0);
    assert.equal(reconciled.flatMap(({ reconciles }) => reconciles).length, 1, 'one reconcile for all of them');
    const [text = ''] = world.said(changes[0] ?? assert.fail());
    assert.match(text, new RegExp(`refs/heads/main at ${tip.slice(0, 12)}, with 4 other changes, submitted `));
    assert.match(
      text,
      /\* GitRepository\/webapp in apps: applied, .* after the submit\n {2}\* allowed by apps changes\[0\]\n {2}\* counted: apps changes\[0\]: #1 by admin /,
    );
    assert.doesNotMatch(text, /#2 by/, 'what counted for another change stands on that one');
    assert.ok(text.includes(`${PAGES}/changes/${reconciled[0]?.change.id}`));
  });

  it('says once why a change was not let through, also when another follows it and when it is replayed', async () => {
    await start({ allowed: false });
    const [one = assert.fail()] = await world.submitted(['one']);
    assert.match(
      (await world.told(one))[0] ?? '',
      /^Headgate: denied in prod\n(.*\n)*.*denied by apps.*\n(.*\n)*.*What would make it pass: /,
    );
    const [two = assert.fail()] = await world.submitted(['two']);
    await world.told(two);
    const [story] = await world.stories(currentPatchSet(two).revision);
    const replayed = await world.headgate(['replay', story?.delivery.id ?? '']);
    assert.equal(replayed.code, 0, replayed.stderr);
    const [three = assert.fail()] = await world.submitted(['three']);
    await world.told(three);
    assert.deepEqual(
      [one, two, three].map((change) => world.said(change).length),
      [1, 1, 1],
    );
  });

  it('pairs a revert with what it reverts, on the page, in the trace and in the record', async () => {
    await start();
    const [one = assert.fail()] = await world.submitted(['one']);
    await world.told(one);
    const revert = await world.reverted(one);
    assert.deepEqual((await world.told(revert)).map(first), ['Headgate: applied in prod']);
    assert.match(world.said(revert)[0] ?? '', new RegExp(`It reverts change ${one.number}\\.`));
    const { revision } = currentPatchSet(revert);
    const story = (await world.stories(revision)).find(({ reconciles }) => reconciles.length > 0) as Story & {
      readonly brought: readonly Brought[];
    };
    const [brought = assert.fail()] = story.brought;
    assert.equal(brought.reverts?.number, one.number);
    assert.equal(brought.reverts.ran.length, 1);
    assert.notEqual(brought.reverts.ran[0]?.revertedAt, null);
    const page = await world.page(`/changes/${story.change.id}`);
    assert.match(page, new RegExp(`It reverts <a href="/changes/[^"]+">change ${one.number}</a>`));
    const { stdout } = await world.headgate(['trace', story.change.id]);
    assert.match(
      stdout,
      new RegExp(`reverts change ${one.number}, which was deployed to prod: GitRepository/webapp in apps at .* and ran for `),
    );
    const { items } = await world.get<{ readonly items: readonly { readonly record: { readonly brought?: readonly object[] } }[] }>(
      `/v1/records?decision=${story.decisions[0]?.id}&kind=decided`,
    );
    const [recorded] = items[0]?.record.brought ?? [];
    assert.deepEqual({ ...recorded, submittedAt: 0 }, { change: `demo%2Fapp~${revert.number}`, reverts: one.number, submittedAt: 0 });
  });

  it('tells changes that a newer one took the place of that they run with it', async () => {
    await start();
    world.cluster.refuse('patch', 'GitRepository');
    const [one = assert.fail()] = await world.submitted(['one']);
    await world.decided(one);
    const [two = assert.fail()] = await world.submitted(['two']);
    await world.decided(two);
    const [three = assert.fail()] = await world.submitted(['three']);
    await world.decided(three);
    world.cluster.allow('patch', 'GitRepository');
    assert.deepEqual((await world.told(three)).map(first), ['Headgate: applied in prod']);
    for (const change of [one, two]) {
      const [superseded, applied] = await world.told(change, 2);
      assert.equal(first(superseded), 'Headgate: superseded in prod');
      assert.equal(first(applied), `Headgate: applied in prod, as part of change ${three.number}`);
    }
    assert.deepEqual(
      [one, two, three].map((change) => world.said(change).length),
      [2, 2, 1],
    );
  });

  it('deploys all the same while Gerrit takes no messages', async () => {
    await start({ source: {} });
    const [one = assert.fail()] = await world.submitted(['one']);
    const { revision } = currentPatchSet(one);
    await world.cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes(revision), 60_000);
    assert.deepEqual(world.said(one), []);
  });
});
