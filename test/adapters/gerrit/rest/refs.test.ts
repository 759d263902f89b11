import assert from 'node:assert/strict';
import { systemClock } from '#core/clock.ts';
import { recordingLog } from '../../../server/fakes.ts';
import { History } from '../../../conformance/read-back/history.ts';
import { startGerritWorld, type GerritWorld } from './gerrit-world.ts';
import { json } from './replay.ts';

const MAIN = 'refs/heads/main';
const LOCKED = 'refs/heads/locked';

describe('branches of Gerrit', function () {
  this.timeout(60_000);
  const { log, lines } = recordingLog();
  let world: GerritWorld;
  let head: string;

  before(async () => {
    world = await startGerritWorld(systemClock, log);
    const history = new History(await world.createRepository('org/app'));
    head = await history.one(MAIN, { a: '1' });
    await history.git('update-ref', LOCKED, head);
    Object.assign(world.told, { hidden: [LOCKED] });
  });
  after(() => world.stop());

  const heads = async (...refs: readonly string[]) => {
    world.asked();
    return world.readBack.heads('org/app', refs);
  };

  it('take one request each, and one for all where they are many', async () => {
    assert.equal((await heads(MAIN)).get(MAIN)?.commit, head);
    assert.deepEqual(world.asked(), ['GET /projects/org%2Fapp/branches/refs%2Fheads%2Fmain']);
    const refs = ['a', 'b', 'c', 'd'].map((name) => `refs/heads/${name}`);
    const found = await heads(MAIN, ...refs);
    assert.deepEqual([found.get(MAIN)?.commit, found.get('refs/heads/a')], [head, null]);
    assert.equal(world.asked().filter((path) => path.includes('/branches')).length, 1);
  });

  it('are refused when they may not be read: hidden is not deleted', async () => {
    const denied = { status: 403, message: `user 1000001 lacks permission read for ${LOCKED} in project org/app` };
    Object.assign(world.told, { access: () => json(denied) });
    await assert.rejects(heads(LOCKED), { code: 'SOURCE_REFUSED', message: /refs\/heads\/locked of org\/app may not be read/ });
  });

  it('are gone when Gerrit says that they could be read', async () => {
    Object.assign(world.told, { access: () => json({ status: 200 }) });
    assert.equal((await heads('refs/heads/gone')).get('refs/heads/gone'), null);
    assert.deepEqual(lines, []);
  });

  it('are taken for gone where Gerrit does not say what may be read, and that is noted once', async () => {
    const refused = { status: 403, headers: { 'content-type': 'text/plain' }, body: 'view access not permitted\n' };
    Object.assign(world.told, { access: () => refused });
    assert.equal((await heads(LOCKED)).get(LOCKED), null);
    assert.equal((await heads(LOCKED)).get(LOCKED), null);
    const told = lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
    assert.deepEqual(told, [{ repository: 'org/app', ref: LOCKED }]);
  });
});

describe('merges of Gerrit', function () {
  this.timeout(60_000);
  let world: GerritWorld;
  let history: History;
  let base: string;

  before(async () => {
    world = await startGerritWorld();
    history = new History(await world.createRepository('org/merges'));
    base = await history.one(MAIN, { a: '1\n2\n3\n4\n5\n6\n7\n8\n9\n', b: '1' });
  });
  after(() => world.stop());

  async function merge(one: string, other: string, tree: string, ...more: readonly string[]): Promise<string> {
    const parents = [one, other, ...more].flatMap((parent) => ['-p', parent]);
    const made = (await history.git('commit-tree', ...parents, '-m', 'Merge', tree)).trim();
    await history.git('update-ref', `refs/heads/merge-${made}`, made);
    return made;
  }
  const treeOf = async (...args: readonly string[]) => (await history.git(...args)).trim();
  const automatic = (...commits: readonly string[]) => world.mirror.automaticMerges('org/merges', commits);

  it('are automatic where both sides changed other files, or other lines of the same', async () => {
    const one = await history.one('refs/heads/one', { a: '0\n2\n3\n4\n5\n6\n7\n8\n9\n' }, base);
    const other = await history.one('refs/heads/other', { b: '2' }, base);
    const same = await history.one('refs/heads/same', { a: '1\n2\n3\n4\n5\n6\n7\n8\n0\n' }, base);
    const files = await merge(one, other, await treeOf('merge-tree', '--write-tree', one, other));
    const contents = await merge(one, same, await treeOf('merge-tree', '--write-tree', one, same));
    const { merges, complete } = await automatic(files, contents, one);
    assert.deepEqual(
      new Map(merges),
      new Map([
        [files, other],
        [contents, same],
      ]),
    );
    assert.equal(complete, true);
  });

  it('are not where something was added, left out, or decided by hand', async () => {
    const one = await history.one('refs/heads/left', { a: 'left' }, base);
    const other = await history.one('refs/heads/right', { a: 'right' }, base);
    const third = await history.one('refs/heads/third', { b: 'third' }, base);
    const evil = await history.one('refs/heads/evil', { b: 'third', a: 'left', c: 'evil' }, base);
    const added = await merge(one, third, await treeOf('rev-parse', `${evil}^{tree}`));
    const leftOut = await merge(one, third, await treeOf('rev-parse', `${one}^{tree}`));
    const byHand = await merge(one, other, await treeOf('rev-parse', `${other}^{tree}`));
    const ofThree = await merge(one, third, await treeOf('merge-tree', '--write-tree', one, third), base);
    const { merges, complete } = await automatic(added, leftOut, byHand, ofThree);
    assert.deepEqual([[...merges], complete], [[], true]);
  });

  it('are refused for commits that are not there, and for what is no commit', async () => {
    await assert.rejects(automatic('1'.repeat(40)), { code: 'SOURCE_REFUSED' });
    await assert.rejects(automatic('--help'), { code: 'SOURCE_REFUSED' });
    assert.deepEqual(await automatic(), { merges: new Map(), complete: true });
  });
});
