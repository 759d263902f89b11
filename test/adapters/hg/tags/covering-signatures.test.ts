import assert from 'node:assert/strict';
import { readRange } from '#adapters/hg/read-range.ts';
import { TaggedRepository } from './tagged-repository.ts';

describe('signatures of changesets of Mercurial', () => {
  let repository: TaggedRepository;
  let base: string;
  let first: string;
  let second: string;

  beforeEach(() => {
    repository = new TaggedRepository();
    base = repository.commit();
    first = repository.commit();
    second = repository.commit();
  });

  /** Of each changeset of the range, oldest first, the nodes whose signatures stand for it. */
  async function signed(head: string, ref = 'branch:default', from = base): Promise<readonly (readonly string[])[]> {
    const question = { ref, reviews: false, signatures: true, owners: false };
    const { commits } = await readRange(repository.host, 'infra', { base: from, head, question });
    const all = commits.map(({ signed: object }) => (object ? [object, ...(object.others ?? [])] : []));
    return all.toReversed().map((objects) => objects.map(({ payload }) => payload.trim()));
  }

  it('stand for what lies below, and for the changeset that holds nothing else', async () => {
    assert.deepEqual(await signed(repository.signs([second])), [[second], [second], [second]]);
  });

  it('stand for nothing above', async () => {
    repository.signs([first]);
    assert.deepEqual(await signed(repository.commit()), [[first], [], [], []]);
  });

  it('are all told: whoever signed the changeset itself, and whoever signed what stands on it', async () => {
    assert.deepEqual(await signed(repository.signs([first, second])), [[first, second], [second], [second]]);
  });

  it('do not stand for what touches anything beside them, or merges', async () => {
    assert.deepEqual(await signed(repository.signs([second], { files: { 'evil.yaml': 'x' } })), [[second], [second], []]);
    const other = repository.commit({ parents: [base] });
    assert.deepEqual((await signed(repository.signs([second], { parents: [second, other] }))).at(-1), []);
  });

  it('stand for one that holds them where the range begins with it', async () => {
    const signing = repository.signs([second]);
    assert.deepEqual(await signed(signing, 'branch:default', second), [[second]]);
    const again = repository.signs([second, signing]);
    assert.deepEqual(await signed(again, 'branch:default', second), [[signing], [signing]]);
  });

  it('count where they came to the branch after the revision, and not where they came to another one', async () => {
    repository.signs([second]);
    assert.deepEqual(await signed(second), [[second], [second]]);
    assert.deepEqual(await signed(second, 'tag:v1@branch:default'), [[second], [second]]);
    assert.deepEqual(await signed(second, 'bookmark:prod'), [[], []]);
  });

  it('of changesets beside the range stand for nothing in it', async () => {
    const beside = repository.commit({ parents: [base], branch: 'other' });
    assert.deepEqual(await signed(repository.signs([beside], { parents: [second], branch: 'default' })), [[], [], []]);
  });

  it('are looked for in a few changesets that may hold nothing else', async () => {
    const signings = Array.from({ length: 20 }, (_, index) => repository.signs([second, String(index % 10).repeat(40)]));
    const all = await signed(signings.at(-1) ?? '');
    assert.deepEqual([all.length, all.filter((objects) => objects.length > 0).length], [22, 18]);
  });
});
