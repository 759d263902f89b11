import assert from 'node:assert/strict';
import { once } from 'node:events';
import { gerritWorld, inShort, type GerritWorld } from './gerrit-world.ts';

describe('the simulated Gerrit: stream-events', function () {
  this.timeout(30_000);
  let world: GerritWorld;

  beforeEach(async () => {
    world = await gerritWorld();
  });
  afterEach(() => world.stop());

  const submitted = async (files: Record<string, string> = { 'a.yaml': '1' }) => {
    const change = await world.gerrit.createChange({ project: 'demo/app', by: 'dev', files, subject: 'Deploy ünïcode <app>' });
    await world.gerrit.vote(change, { value: 2 });
    await world.gerrit.submit(change);
    return change;
  };

  it('tells of a change in the order of a real one, and of its submit before it is merged', async () => {
    const listener = await world.listen();
    await submitted();
    const merged = await listener.until(({ type }) => type === 'change-merged');
    assert.deepEqual(inShort(listener.lines), [
      'ref-updated refs/changes/01/1/1',
      'ref-updated refs/changes/01/1/meta',
      'patchset-created 1',
      'ref-updated refs/changes/01/1/meta',
      'comment-added 1',
      'ref-updated refs/heads/main',
      'ref-updated refs/changes/01/1/meta',
      'change-merged 1',
    ]);
    assert.deepEqual(
      Object.keys(merged),
      'submitter newRev patchSet change project refName changeKey type eventCreatedOn instanceId'.split(' '),
    );
    assert.equal(merged.change.subject, 'Deploy ünïcode <app>');
  });

  it('tells all of a batch before the first of its changes is merged, with the tip for each', async () => {
    const { gerrit } = world;
    await gerrit.createProject({ name: 'demo/two' });
    const listener = await world.listen('-s ref-updated --subscribe change-merged');
    const first = await gerrit.createChange({ project: 'demo/app', by: 'dev', files: { a: '1' }, topic: 't' });
    const second = await gerrit.createChange({ project: 'demo/app', by: 'dev', files: { b: '2' }, onto: first, topic: 't' });
    const third = await gerrit.createChange({ project: 'demo/two', by: 'dev', files: { c: '3' }, topic: 't' });
    for (const change of [first, second, third]) await gerrit.vote(change, { value: 2 });
    const told = listener.lines.length;
    assert.deepEqual(
      (await gerrit.submit(second)).map(({ number }) => number),
      [1, 2, 3],
    );
    await listener.until(({ type, change }) => type === 'change-merged' && change.number === 3);
    assert.deepEqual(
      inShort(listener.lines.slice(told)).filter((line) => !line.includes('refs/changes')),
      ['ref-updated refs/heads/main', 'ref-updated refs/heads/main', 'change-merged 1', 'change-merged 2', 'change-merged 3'],
    );
    const tips = listener.lines.filter(({ type }) => type === 'change-merged').map(({ newRev }) => newRev);
    assert.equal(tips[0], second.patchSets[0]?.revision);
    assert.deepEqual([tips[0] === tips[1], tips[0] === tips[2]], [true, false]);
    assert.deepEqual([first.submissionId, third.submissionId], ['2-t', '2-t']);
  });

  it('hides what a reader may not see', async () => {
    const { gerrit } = world;
    const [admins] = [gerrit.group('Administrators').uuid];
    await gerrit.setAccess('demo/app', { 'refs/heads/locked': { permissions: { read: { exclusive: true, rules: { [admins]: {} } } } } });
    await gerrit.createBranch('demo/app', 'locked');
    const listener = await world.listen();
    const head = await gerrit.push({ project: 'demo/app', branch: 'locked', files: { x: '1' } });
    await gerrit.tag('demo/app', 'v1', head);
    await gerrit.push({ project: 'demo/app', files: { y: '1' } });
    await listener.until(({ refUpdate }) => refUpdate?.refName === 'refs/heads/main');
    assert.deepEqual(inShort(listener.lines), ['ref-updated refs/tags/v1', 'ref-updated refs/heads/main']);
  });

  it('refuses who lacks the capability, on stderr and with exit 1', async () => {
    const listener = await world.listen('', 'dev');
    assert.deepEqual([await listener.ended, listener.complaints()], [1, 'stream events not permitted\n']);
  });

  it('splits bytes anywhere, and what was said is whole', async () => {
    world.gerrit.ssh.switches.splitBytes = 3;
    const listener = await world.listen('-s change-merged');
    await submitted();
    const { change } = await listener.until(() => true);
    assert.equal(change.owner.name, 'Dév Élöper');
  });

  it('tells of lost output before the gap', async () => {
    const listener = await world.listen('-s change-merged');
    world.gerrit.ssh.dropOutput(1, 1);
    const [first, , third] = [await submitted({ a: '1' }), await submitted({ b: '1' }), await submitted({ c: '1' })];
    await listener.until(({ change }) => change?.number === third?.number);
    assert.deepEqual(inShort(listener.lines), ['dropped-output', `change-merged ${first?.number}`, `change-merged ${third?.number}`]);
  });

  it('loses events of a reader that does not read, and says so', async function slow() {
    this.timeout(120_000); // two hundred branches are made one after the other
    const { gerrit } = world;
    gerrit.ssh.switches.bufferedBytes = 1_024;
    const listener = await world.listen('-s ref-updated');
    gerrit.ssh.freeze(true);
    const moves = Array.from({ length: 200 }, (_, index) => ({ ref: `refs/heads/b${index}` }));
    const { git } = gerrit.project('demo/app');
    const head = await git.ref('refs/heads/main');
    for (const { ref } of moves) await gerrit.createBranch('demo/app', ref.slice('refs/heads/'.length), head);
    gerrit.ssh.freeze(false);
    await gerrit.push({ project: 'demo/app', files: { y: '1' } });
    await listener.until(({ type }) => type === 'dropped-output');
    await listener.until(({ refUpdate }) => refUpdate?.refName === 'refs/heads/b127');
    const names = inShort(listener.lines);
    assert.equal(names[0], 'dropped-output');
    assert.equal(names.includes('ref-updated refs/heads/b199'), false);
  });

  it('ends a channel with exit 0 and keeps the connection', async () => {
    const listener = await world.listen();
    world.gerrit.ssh.exitStreams();
    assert.equal(await listener.ended, 0);
    assert.equal(world.gerrit.ssh.connections, 1);
  });

  it('goes away without a word, takes other host keys, and survives an exchange of keys', async () => {
    const listener = await world.listen();
    await world.gerrit.ssh.rekey();
    await submitted();
    await listener.until(({ type }) => type === 'change-merged');
    const closed = once(listener.client, 'close');
    world.gerrit.ssh.closeConnections();
    await closed;
    assert.equal(world.gerrit.ssh.connections, 0);
  });
});
