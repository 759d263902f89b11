import assert from 'node:assert/strict';
import type { CandidateReason, Change } from '#core/change.ts';
import type { RefSpec } from '#core/target.ts';
import { followedRef } from '#core/followed-ref.ts';
import { matchChange } from '#handlers/match.ts';
import { sampleChange, sampleSource, sha } from './samples.ts';

interface Case {
  readonly title: string;
  readonly ref: RefSpec;
  readonly change?: Partial<Change>;
  readonly artifact?: string;
  /** undefined: it matches. */
  readonly reason?: CandidateReason;
}

const tag = (name: string): Partial<Change> => ({ ref: `refs/tags/${name}` });

const cases: readonly Case[] = [
  { title: 'follows its branch', ref: { branch: 'main' } },
  { title: 'does not follow another branch', ref: { branch: 'dev' }, reason: 'other-ref' },
  { title: 'follows master when spec.ref is absent', ref: {}, change: { ref: 'refs/heads/master' } },
  { title: 'does not follow main when spec.ref is absent', ref: {}, reason: 'other-ref' },
  { title: 'does not take a tag for the branch of the same name', ref: { branch: 'v1' }, change: tag('v1'), reason: 'other-ref' },
  { title: 'follows its tag', ref: { tag: 'v1' }, change: tag('v1') },
  { title: 'prefers the tag to the branch', ref: { tag: 'v1', branch: 'main' }, reason: 'other-ref' },
  { title: 'prefers semver to the branch', ref: { semver: '*', branch: 'main' }, reason: 'other-ref' },
  { title: 'prefers the tag to semver', ref: { tag: 'v1', semver: '*' }, change: tag('v1.2.3'), reason: 'other-ref' },
  { title: 'prefers the name to tag, semver and branch', ref: { name: 'refs/heads/main', tag: 'v1', semver: '*', branch: 'x' } },
  { title: 'does not move when it is pinned', ref: { commit: sha('c'), branch: 'main' }, reason: 'pinned' },
  { title: 'moves when the commit that it is pinned to arrives on its branch', ref: { commit: sha('b'), branch: 'main' } },
  { title: 'stays when its commit arrives on another branch', ref: { commit: sha('b'), branch: 'dev' }, reason: 'pinned' },
  { title: 'takes a version inside its range', ref: { semver: '>=1.0.0 <2.0.0' }, change: tag('v1.4.0') },
  { title: 'reads commas as Masterminds does', ref: { semver: '>=1.0.0, <2.0.0' }, change: tag('1.4.0') },
  { title: 'leaves a version outside its range', ref: { semver: '1.x' }, change: tag('v2.0.0'), reason: 'semver-mismatch' },
  { title: 'leaves a tag that is no version', ref: { semver: '*' }, change: tag('nightly'), reason: 'semver-mismatch' },
  {
    title: 'leaves a pre-release outside of ranges that name none',
    ref: { semver: '>=1.0.0' },
    change: tag('v1.1.0-rc.1'),
    reason: 'semver-mismatch',
  },
  { title: 'takes a pre-release of ranges that name one', ref: { semver: '>=1.0.0-0' }, change: tag('v1.1.0-rc.1') },
  {
    title: 'keeps a newer version',
    ref: { semver: '*' },
    change: tag('v1.0.1'),
    artifact: `v2.0.0@sha1:${sha('d')}`,
    reason: 'semver-keeps-newer',
  },
  { title: 'replaces an older version', ref: { semver: '*' }, change: tag('v2.0.0'), artifact: `v1.0.0@sha1:${sha('d')}` },
  { title: 'says that a range is not understood', ref: { semver: 'one or more' }, change: tag('v1.0.0'), reason: 'semver-invalid' },
  {
    title: 'does not follow a deletion',
    ref: { branch: 'main' },
    change: { action: 'deleted', after: null, revision: null },
    reason: 'ref-deleted',
  },
  {
    title: 'does not follow a deletion that the source denies',
    ref: { branch: 'main' },
    change: {
      action: 'deleted',
      after: null,
      revision: null,
      readBack: { by: 'api', at: 0, head: sha('d'), standing: 'present', range: null },
    },
    reason: 'not-head',
  },
  { title: 'does not follow late news', ref: { branch: 'main' }, change: { lateFor: 'chg_9' }, reason: 'late' },
  { title: 'is meant by a request whatever it follows', ref: { commit: sha('c') }, change: { action: 'requested', revision: null } },
];

describe('matchChange', () => {
  for (const { title, ref, change, artifact, reason } of cases) {
    it(title, () => {
      const source = sampleSource(ref, { artifactRevision: artifact ?? null });

      const { matched, candidates } = matchChange(sampleChange(change), [source]);

      if (reason === undefined) {
        assert.deepEqual(candidates, []);
        assert.deepEqual(matched, [source]);
      } else {
        assert.deepEqual(matched, []);
        assert.equal(candidates[0]?.reason, reason);
        assert.notEqual(candidates[0]?.message, '');
      }
    });
  }

  it('names both refs when they differ', () => {
    const { candidates } = matchChange(sampleChange(), [sampleSource({ branch: 'dev' })]);

    assert.equal(candidates[0]?.message, 'follows refs/heads/dev, the change is on refs/heads/main');
  });
});

describe('followedRef', () => {
  const rows: readonly (readonly [RefSpec, string | null, string | undefined])[] = [
    [{}, null, 'refs/heads/master'],
    [{ branch: 'main' }, null, 'refs/heads/main'],
    [{ tag: 'v1' }, null, 'refs/tags/v1'],
    [{ name: 'refs/heads/x' }, null, 'refs/heads/x'],
    [{ semver: '*' }, `v1.2.3@sha1:${sha('a')}`, 'refs/tags/v1.2.3'],
    [{ semver: '*' }, null, undefined],
    [{ commit: sha('a') }, null, undefined],
    [{ commit: sha('a'), branch: 'main' }, null, 'refs/heads/main'],
  ];
  for (const [ref, artifactRevision, expected] of rows) {
    it(`of ${JSON.stringify(ref)} is ${expected ?? 'unknown'}`, () => {
      assert.equal(followedRef(sampleSource(ref, { artifactRevision })), expected);
    });
  }
});
