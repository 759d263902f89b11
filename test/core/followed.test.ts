import assert from 'node:assert/strict';
import { followed, followedNow, publicationOf } from '#core/followed.ts';
import type { Publication } from '#core/publication.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { RefSpec, SourceObject } from '#core/target.ts';

const publications: readonly Publication[] = [
  { repository: 'infra', ref: 'branch:default', path: 'apps/pay', url: 'oci://registry.example/pay', tag: 'default', content: 'manifests' },
  { repository: 'infra', ref: 'tag:v*@branch:default', path: '', url: 'oci://registry.example/pay', tag: 'latest', content: 'manifests' },
];
const publisher: Publisher = {
  publications,
  inspect: () => Promise.resolve([]),
  publish: () => Promise.reject(new Error('nothing is published here')),
  isPlain: () => false,
  tryPush: () => Promise.resolve(),
};
const hg = { repositoryAt: (url: string) => (url === 'https://hg.example/infra' ? 'infra' : undefined), publisher };
const git = { repositoryAt: (url: string) => (url === 'https://git.example/org/app' ? 'org/app' : undefined) };

function oci(ref: RefSpec, url = 'oci://registry.example/pay', kind = 'OCIRepository'): SourceObject {
  const target = { cluster: 'prod', kind, namespace: 'pay', name: 'pay' };
  return { target, url, ref, suspended: false, artifactRevision: null, paths: null };
}

const repository = (ref: RefSpec): SourceObject => oci(ref, 'https://git.example/org/app', 'GitRepository');

describe('what a source object follows', () => {
  it('is the ref of the publication whose address and tag an OCIRepository names', () => {
    assert.deepEqual(followed(hg, oci({ tag: 'default' })), { repository: 'infra', ref: 'branch:default', publication: publications[0] });
    assert.deepEqual(followedNow(hg, oci({ tag: 'default' })), { repository: 'infra', ref: 'branch:default' });
  });

  it('is the publication of the tag `latest` where an OCIRepository names none, and of tags the pattern', () => {
    assert.deepEqual(followed(hg, oci({})), { repository: 'infra', tags: 'tag:v*@branch:default', publication: publications[1] });
    assert.deepEqual(followedNow(hg, oci({})), { repository: 'infra' });
  });

  it('is nothing of the source for another tag, another address, another kind, a digest or a range of versions', () => {
    const others = [
      oci({ tag: 'stable' }),
      oci({ tag: 'default' }, 'oci://registry.example/shop'),
      oci({ tag: 'default' }, 'oci://registry.example/pay', 'HelmRepository'),
      oci({ tag: 'default', digest: `sha256:${'a'.repeat(64)}` }),
      oci({ tag: 'default', semver: '>=1.0.0' }),
    ];
    for (const other of others) {
      assert.equal(publicationOf(hg, other), undefined);
      assert.equal(followed(hg, other), undefined);
      assert.equal(followedNow(hg, other), undefined);
    }
  });

  it('is of a GitRepository what its spec.ref names, and nothing when it is pinned', () => {
    assert.deepEqual(followed(git, repository({ branch: 'main' })), { repository: 'org/app', ref: 'refs/heads/main' });
    assert.deepEqual(followed(git, repository({ semver: '1.x' })), { repository: 'org/app', semver: '1.x' });
    assert.equal(followed(git, repository({ branch: 'main', commit: 'a'.repeat(40) })), undefined);
    assert.deepEqual(followedNow(git, repository({ branch: 'main', commit: 'a'.repeat(40) })), {
      repository: 'org/app',
      ref: 'refs/heads/main',
    });
    assert.deepEqual(followedNow(git, repository({ commit: 'a'.repeat(40) })), { repository: 'org/app' });
    assert.equal(followed(hg, repository({ branch: 'main' })), undefined);
  });
});
