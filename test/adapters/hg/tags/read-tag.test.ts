import assert from 'node:assert/strict';
import { listTags } from '#adapters/hg/tags/list-tags.ts';
import { signedTag } from '#adapters/hg/tags/signed-tag.ts';
import { nullNode } from '#adapters/hg/names.ts';
import { TaggedRepository, tagRef } from './tagged-repository.ts';

describe('a tag of Mercurial', () => {
  let repository: TaggedRepository;
  /** What is tagged, the changeset that tags it, and the one that signs that. */
  let content: string;
  let tag: string;
  let signature: string;

  beforeEach(() => {
    repository = new TaggedRepository();
    content = repository.commit();
    tag = repository.tags([`${content} v1`]);
    signature = repository.signs([tag]);
  });

  it('leads to what `.hgtags` says at the head of its branch, and the changeset that brought the line stands for it', async () => {
    assert.deepEqual(await repository.read(), { object: tag, commit: content });
    assert.equal(await repository.read('tag:v2@branch:default'), null);
    assert.equal(await repository.read('tag:v1@branch:other'), null);
  });

  it('stays what it is while the branch goes on', async () => {
    repository.commit();
    const second = repository.tags([`${content} v1`, `${signature} v2`]);
    repository.signs([tag, second]);
    assert.deepEqual(await repository.read(), { object: tag, commit: content });
    assert.deepEqual(await repository.read('tag:v2@branch:default'), { object: second, commit: signature });
  });

  it('can be read at a bookmark', async () => {
    repository.host.bookmark('infra', 'prod', signature);
    assert.deepEqual(await repository.read('tag:v1@bookmark:prod'), { object: tag, commit: content });
    repository.host.bookmark('infra', 'prod', content);
    assert.equal(await repository.read('tag:v1@bookmark:prod'), null);
  });

  it('can be moved by whoever signs that, and is gone when it is deleted', async () => {
    const moved = repository.tags([`${content} v1`, `${content} v1`, `${signature} v1`]);
    repository.signs([tag, moved]);
    assert.deepEqual(await repository.read(), { object: moved, commit: signature });
    repository.tags([`${content} v1`, `${content} v1`, `${signature} v1`, `${signature} v1`, `${nullNode} v1`]);
    assert.equal(await repository.read(), null);
  });

  it('carries what was signed of the changeset that brought it', async () => {
    const signed = await signedTag(repository.host, 'infra', tagRef('tag:v1@branch:default'), tag);
    assert.equal(signed?.payload, `${tag}\n`);
    assert.equal(await signedTag(repository.host, 'infra', tagRef('tag:v1@branch:default'), content), null);
    assert.equal(await signedTag(repository.host, 'infra', tagRef('tag:v1@branch:other'), tag), undefined);
  });

  it('is listed with the others, in the order in which they last moved', async () => {
    const more = repository.tags([`${content} v1`, `${tag} v0`, `${tag} gone`, `${nullNode} gone`, `${content} 12`]);
    const listed = await listTags(repository.host, 'infra', { kind: 'branch', name: 'default' });
    assert.deepEqual(
      [...listed],
      [
        ['tag:v1@branch:default', { object: tag, commit: content }],
        ['tag:v0@branch:default', { object: more, commit: tag }],
      ],
    );
    assert.equal((await listTags(repository.host, 'infra', { kind: 'branch', name: 'other' })).size, 0);
    assert.equal(repository.host.asked.filter((asked) => asked.startsWith('annotate')).length, 1);
  });

  describe('is doubted', () => {
    it('when nobody signed the changeset that brought it, whatever else they signed', async () => {
      const unsigned = repository.tags([`${content} v1`, `${content} v2`]);
      assert.deepEqual(await repository.doubts('tag:v2@branch:default'), ['tag-unsigned']);
      repository.signs([tag, content, unsigned.replace(/./, 'f')]);
      assert.deepEqual(await repository.doubts('tag:v2@branch:default'), ['tag-unsigned']);
    });

    it('when somebody moves it back without a signature, by adding its old line anew', async () => {
      const moved = repository.tags([`${content} v1`, `${signature} v1`]);
      repository.signs([tag, moved]);
      assert.deepEqual(await repository.doubts(), []);
      repository.tags([`${content} v1`, `${signature} v1`, `${content} v1`]);
      assert.deepEqual(await repository.doubts(), ['tag-unsigned']);
    });

    it('when its lines are put in another order, so that a signed one is last again', async () => {
      const moved = repository.tags([`${content} v1`, `${signature} v1`]);
      repository.signs([tag, moved]);
      repository.tags([`${signature} v1`, `${content} v1`]);
      assert.deepEqual(await repository.doubts(), ['tag-unsigned']);
      // Which of the two lines is the new one, is for the host to say.
      repository.host.annotate = async () => [moved, tag].map((node, at) => ({ node, text: `${[signature, content][at]} v1` }));
      assert.deepEqual(await repository.doubts(), ['tag-moved']);
    });

    it('when a merge brought another line for it, which nobody signed together', async () => {
      const other = repository.tags([`${content} v1`], { parents: [content], branch: 'other' });
      repository.tags([`${content} v1`, `${content} v1`], { parents: [signature, other], branch: 'default' });
      assert.notDeepEqual(await repository.doubts(), []);
    });

    it('when it leads to what is not merged, or is not there', async () => {
      const evil = repository.commit({ branch: 'evil' });
      const moved = repository.tags([`${content} v1`, `${evil} v1`, `${'f'.repeat(40)} v2`], { parents: [signature], branch: 'default' });
      repository.signs([tag, moved]);
      assert.deepEqual(await repository.doubts(), ['tag-moved']);
      assert.deepEqual(await repository.doubts('tag:v2@branch:default'), ['tag-invalid']);
    });

    it('when what it leads to, or what brought it, is not public or obsolete', async () => {
      repository.host.mark('infra', content, { phase: 'draft' });
      assert.deepEqual(await repository.doubts(), ['draft']);
      repository.host.mark('infra', content, { phase: 'public', obsolete: true });
      assert.deepEqual(await repository.doubts(), ['obsolete']);
      repository.host.mark('infra', content, { obsolete: false });
      repository.host.mark('infra', tag, { phase: 'secret' });
      assert.deepEqual(await repository.doubts(), ['secret']);
    });

    it('when its branch has two heads', async () => {
      repository.commit({ parents: [content] });
      assert.deepEqual(await repository.doubts(), ['several-heads']);
      const listed = await listTags(repository.host, 'infra', { kind: 'branch', name: 'default' });
      assert.deepEqual(
        [...listed.values()].map(({ doubts }) => doubts?.map(({ code }) => code)),
        [['several-heads']],
      );
    });

    it('when a bookmark has its name, or that of the branch', async () => {
      repository.host.bookmark('infra', 'v1', signature);
      assert.deepEqual(await repository.doubts(), ['shadowed']);
      repository.host.bookmark('infra', 'v1', null);
      repository.host.bookmark('infra', 'default', content);
      assert.deepEqual(await repository.doubts(), ['shadowed']);
    });

    it('when a later line may be meant for it, though Mercurial does not take it', async () => {
      repository.tags([`${content} v1`, `${signature}\tv1`]);
      assert.deepEqual(await repository.doubts(), ['tag-invalid']);
    });

    it('when lines cannot be told apart', async () => {
      repository.host.annotate = async () => [];
      assert.deepEqual(await repository.read().then((head) => [head?.object, head?.doubts?.map(({ code }) => code)]), [
        nullNode,
        ['tag-invalid'],
      ]);
    });
  });

  describe('does not move', () => {
    it('by what another branch says of it', async () => {
      const evil = repository.commit({ parents: [content], branch: 'evil' });
      const moving = repository.tags([`${content} v1`, `${evil} v1`], { branch: 'evil' });
      repository.signs([moving], { branch: 'evil' });
      assert.deepEqual(await repository.read(), { object: tag, commit: content });
    });

    it('by a head of its branch that is closed', async () => {
      const old = repository.commit({ parents: [content] });
      repository.tags([`${old} v1`], { parents: [old], close: true });
      assert.deepEqual(await repository.read(), { object: tag, commit: content });
    });
  });

  it('is not read from a giant file', async () => {
    repository.host.commit('infra', { files: { '.hgtags': Buffer.alloc(5 * 1024 * 1024, 'x') } });
    await assert.rejects(repository.read(), { code: 'CONTENT_TOO_LARGE' });
  });
});
