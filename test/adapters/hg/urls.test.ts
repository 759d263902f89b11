import assert from 'node:assert/strict';
import { hgBases, hgKeysAt } from '#adapters/hg/urls.ts';
import type { Publication } from '#core/publication.ts';
import { nameBelow } from '#core/repository-bases.ts';

const bases = hgBases({
  url: 'https://hg.example/repos/',
  clone: { url: 'ssh://hg@hg.example/srv', hg: 'hg' },
  aliases: ['http://10.0.0.5:8000'],
});
const published: Publication = {
  repository: 'team/infra',
  ref: 'branch:default',
  path: '',
  url: 'oci://registry.example/infra',
  tag: 'default',
  content: 'manifests',
};

describe('the URLs of a host of Mercurial', () => {
  it('name a repository below the URL, where it is cloned from, and below an alias', () => {
    for (const url of ['https://hg.example/repos/team/infra', 'ssh://other@hg.example/srv/team/infra', 'http://10.0.0.5:8000/team/infra/'])
      assert.equal(nameBelow(bases, url), 'team/infra');
  });

  it('name none elsewhere, at the base itself, and with dots', () => {
    for (const url of [
      'https://hg.example/other/infra',
      'https://hg.example/repos',
      'https://hg.example/repos/../infra',
      'https://other.example/infra',
    ])
      assert.equal(nameBelow(bases, url), undefined);
  });

  it('are the keys of a repository, with the addresses at which it is published', () => {
    assert.deepEqual(hgKeysAt(bases, [published], 'team/infra'), {
      keys: ['hg.example/repos/team/infra', 'hg.example/srv/team/infra', '10.0.0.5:8000/team/infra', 'registry.example/infra'],
      caseSensitive: true,
    });
    assert.equal(hgKeysAt(bases, [published], 'infra').keys.includes('registry.example/infra'), false);
  });
});
