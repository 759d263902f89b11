import assert from 'node:assert/strict';
import { parseTagPattern } from '#core/tag-pattern.ts';

describe('a pattern of typed tags', () => {
  it('fits tags by name, on the one branch that it names', () => {
    const pattern = parseTagPattern('tag:v*@branch:default');
    assert.equal(pattern?.on, 'branch:default');
    assert.equal(pattern?.matches('tag:v1.0@branch:default'), true);
    assert.equal(pattern?.matches('tag:w1@branch:default'), false);
    assert.equal(pattern?.matches('tag:v1.0@branch:evil'), false);
    assert.equal(pattern?.matches('tag:v1.0@bookmark:default'), false);
    assert.equal(pattern?.matches('branch:default'), false);
  });

  it('has no wildcards in the branch', () => {
    assert.equal(parseTagPattern('tag:v1@branch:*')?.matches('tag:v1@branch:default'), false);
    assert.equal(parseTagPattern('tag:v1@branch:*')?.matches('tag:v1@branch:*'), true);
  });

  it('is none without a tag, and says what is wrong with its wildcards', () => {
    assert.equal(parseTagPattern('branch:v*'), undefined);
    assert.throws(() => parseTagPattern('tag:v[@branch:default'), { code: 'CONFIG_INVALID' });
  });
});
