import assert from 'node:assert/strict';
import { isHgTag, tagName } from '#core/tag-name.ts';

describe('tagName', () => {
  it('is what a tag is called, of git and of Mercurial', () => {
    for (const [ref, name] of [
      ['refs/tags/v1', 'v1'],
      ['tag:v1@branch:default', 'v1'],
      ['tag:release/2@team@bookmark:prod', 'release/2@team'],
      ['refs/heads/v1', undefined],
      ['branch:v1', undefined],
      ['bookmark:v1', undefined],
      ['tag:v1', undefined],
      ['v1', undefined],
    ] as const) {
      assert.equal(tagName(ref), name, ref);
      assert.equal(isHgTag(ref), name !== undefined && !ref.startsWith('refs/'), ref);
    }
  });
});
