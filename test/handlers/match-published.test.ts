import assert from 'node:assert/strict';
import type { RefSpec, SourceObject } from '#core/target.ts';
import { matchChange } from '#handlers/match.ts';
import { pay, registryObject, releases } from './published.ts';
import { sampleChange, sampleSource, sha } from './samples.ts';

describe('matching by what is published', () => {
  const change = (ref: string) => sampleChange({ repository: 'infra', ref });
  const said = (ref: string, source: SourceObject) => {
    const { matched, candidates } = matchChange(change(ref), [source], [pay, releases]);
    return matched.length > 0 ? 'matched' : `${candidates[0]?.reason}: ${candidates[0]?.message}`;
  };

  for (const [title, ref, spec, outcome] of [
    ['follows the tag that the ref is published to', 'branch:default', { tag: 'default' }, /^matched$/],
    ['follows a tag that a pattern of tags is published to', 'tag:v2@branch:default', { tag: 'release' }, /^matched$/],
    ['follows a tag of another ref', 'branch:default', { tag: 'release' }, /^other-ref: .*tag:v\*@branch:default is published to/],
    ['follows a tag that nothing moves', 'branch:default', { tag: 'stable' }, /^other-ref: follows the tag stable; .* default, release$/],
    ['follows latest, because it names no tag', 'branch:default', {}, /^other-ref: follows the tag latest/],
    ['follows a range of versions', 'branch:default', { semver: '1.x', tag: 'default' }, /^other-ref: .*name it in spec\.ref\.tag$/],
    ['is pinned to a digest', 'branch:default', { digest: 'sha256:ab', tag: 'default' }, /^pinned: is pinned to digest sha256:ab$/],
    ['gets a tag of another branch', 'tag:v2@branch:stable', { tag: 'release' }, /^other-ref/],
  ] as readonly [string, string, RefSpec, RegExp][]) {
    it(title, () => assert.match(said(ref, registryObject('pay', spec)), outcome));
  }

  it('never takes an older version for news of a newer one', () => {
    const source = registryObject('pay', { tag: 'release' }, { artifactOrigin: `v1.10.0@sha1:${sha('a')}` });
    assert.match(said('tag:v1.9.0@branch:default', source), /^semver-keeps-newer: is at v1\.10\.0, newer than v1\.9\.0$/);
    assert.equal(said('tag:v1.11.0@branch:default', source), 'matched');
  });

  it('says of an object in a registry at another address what it says of any', () => {
    const elsewhere = registryObject('pay', { tag: 'default' }, { url: 'oci://registry.example.com/other' });
    assert.match(said('branch:default', elsewhere), /^other-ref: follows refs\/tags\/default/);
  });

  it('matches repositories of git as ever', () => {
    assert.equal(said('refs/heads/main', sampleSource({ branch: 'main' })), 'matched');
  });
});
