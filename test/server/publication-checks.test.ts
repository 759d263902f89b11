import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { FakePublisher } from '#core/ports/fake-publisher.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Publication } from '#core/publication.ts';
import type { RefSpec, SourceObject } from '#core/target.ts';
import { publicationChecks } from '#server/checks/publications.ts';

const url = 'oci://registry.example.com/pay';
const pay: Publication = { repository: 'infra', ref: 'branch:default', path: '', url, tag: 'default', content: 'manifests' };

describe('a check of what is published', () => {
  const publisher = new FakePublisher([pay, { ...pay, ref: 'branch:stable', tag: 'stable' }]);
  const source = { name: 'hg', publisher, repositoryAt: () => undefined } as unknown as SourceAdapter;
  const object = (name: string, ref: RefSpec): Pick<SourceObject, 'target' | 'url' | 'ref'> => ({
    target: { cluster: 'prod', kind: 'OCIRepository', namespace: 'apps', name },
    url,
    ref,
  });
  const found = async (...objects: readonly ReturnType<typeof object>[]) => {
    const findings = await Promise.all(publicationChecks([source], () => Promise.resolve(objects)).map(({ run }) => run()));
    return findings.flat().map(({ severity, code, message }) => `${severity} ${code} ${message}`);
  };

  it('names who follows, and asks each registry address once', async () => {
    assert.deepEqual(await found(object('pay', { tag: 'default' }), object('old', { tag: 'stable' })), [
      `good PUBLICATION_FOLLOWED ${url}:default is followed by prod/OCIRepository/apps/pay`,
      `good PUBLICATION_FOLLOWED ${url}:stable is followed by prod/OCIRepository/apps/old`,
      `good PUBLICATION_REGISTRY ${url} takes what is pushed`,
    ]);
  });

  it('warns of what nothing follows, and says what follows something else there', async () => {
    const [first, second] = await found(object('pay', { tag: 'default' }), object('odd', { semver: '1.x' }), object('none', {}));
    assert.match(first ?? '', /^good/);
    assert.match(
      second ?? '',
      /^warning PUBLICATION_FOLLOWED nothing follows .*:stable; at this address .*apps\/pay follows the tag default/,
    );
    assert.match(second ?? '', /apps\/odd follows versions in the range 1\.x, .*apps\/none follows the tag latest$/);
  });

  it('says why a registry takes nothing, and what mends that', async () => {
    publisher.failure = new HeadgateError('REGISTRY_REFUSED', 'headgate may not push', { hint: 'give it the right' });
    const checks = publicationChecks([source], () => Promise.resolve([]));
    const last = (await Promise.all(checks.map(({ run }) => run()))).flat().at(-1);
    publisher.failure = undefined;
    assert.deepEqual([last?.severity, last?.message, last?.mend], ['bad', `${url}: headgate may not push`, 'give it the right']);
  });

  it('looks at nothing where nothing is published', () => {
    assert.deepEqual(
      publicationChecks([{ name: 'hub' } as SourceAdapter], () => Promise.resolve([])),
      [],
    );
  });
});
