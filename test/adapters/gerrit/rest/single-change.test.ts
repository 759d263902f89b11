import assert from 'node:assert/strict';
import type { RangeQuestion } from '#core/ports/read-back.ts';
import { History } from '../../../conformance/read-back/history.ts';
import { ADMIN, DEV } from './captured.ts';
import { startGerritWorld, type GerritWorld } from './gerrit-world.ts';

const MAIN = 'refs/heads/main';
const PROJECT = 'org/app';
const question: RangeQuestion = { ref: MAIN, reviews: true, signatures: false, owners: false };

describe('a range of one change of Gerrit', function () {
  this.timeout(60_000);
  let world: GerritWorld;
  let base: string;
  let head: string;

  before(async () => {
    world = await startGerritWorld();
    const history = new History(await world.createRepository(PROJECT));
    const text = 'a text that is long enough to be known again';
    base = await history.one(MAIN, { 'old/name.txt': text, gone: '1', 'für/日本.yaml': '1' });
    const files = { 'old/name.txt': null, 'new/name.txt': text, gone: null, 'für/日本.yaml': '2', ' a': 'x' };
    [head = ''] = await history.commit(MAIN, [{ files, message: 'Deploy it\n\nBecause.' }]);
  });
  after(() => world.stop());

  /** As Gerrit tells files: with its own, and renames as one. */
  const told = {
    '/COMMIT_MSG': { status: 'A' },
    'new/name.txt': { status: 'R', old_path: 'old/name.txt' },
    gone: { status: 'D' },
    'für/日本.yaml': {},
    ' a': { status: 'C', old_path: 'gone' },
  };

  function tell(revision: object = { files: told }, more: object = {}): void {
    const created = '2026-11-21 07:52:10.000000000';
    const commit = { parents: [{ commit: base }] };
    const change = { project: PROJECT, branch: 'main', status: 'MERGED', subject: 'Deploy it', id: 'org%2Fapp~1', _number: 1 };
    const revisions = { [head]: { _number: 1, kind: 'REWORK', created, uploader: DEV, commit, ...revision } };
    const merged = { owner: DEV, submitter: ADMIN, submitted: created, current_revision: head, revisions };
    Object.assign(world.told, { changes: [{ ...change, ...merged, ...more }] });
  }

  it('is told without git, as git tells it', async () => {
    tell();
    const { pulls, lacked, ...facts } = await world.open().range(PROJECT, base, head, question);
    assert.ok(!world.host.requests.some(({ url }) => url.includes('git-upload-pack')));
    const { pulls: _, lacked: without, ...byGit } = await world.mirror.range(PROJECT, base, head, question);
    const commits = byGit.commits.map((commit) => ({
      ...commit,
      broughtBy: 1,
      hands: [{ account: '1000002', name: 'dev', kind: 'human' }],
    }));
    assert.deepEqual(facts, { ...byGit, commits });
    assert.deepEqual([pulls.map(({ number }) => number), lacked], [[1], ['checks']]);
    assert.ok(without.includes('coverage'));
  });

  it('is read by git where its signature is asked for, or Gerrit does not tell all', async () => {
    const other = { files: { other: {} } };
    for (const [name, set, asked] of [
      ['signatures', () => tell(other), { ...question, signatures: true }],
      ['no files', () => tell({}), question],
      ['no text', () => tell({ files: { 'a\uFFFD': {} } }), question],
      ['open', () => tell(other, { status: 'NEW' }), question],
      ['old', () => tell(other, { current_revision: base }), question],
      ['no parents', () => tell({ ...other, commit: undefined }), question],
      ['another parent', () => tell({ ...other, commit: { parents: [{ commit: head }] } }), question],
      ['a merge', () => tell({ ...other, commit: { parents: [{ commit: base }, { commit: base }] } }), question],
    ] as const) {
      set();
      const facts = await world.open().range(PROJECT, base, head, asked);
      assert.deepEqual(facts.files, [' a', 'für/日本.yaml', 'gone', 'new/name.txt', 'old/name.txt'], name);
    }
  });
});
