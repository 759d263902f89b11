import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { FakePublisher } from '#core/ports/fake-publisher.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Publication } from '#core/publication.ts';
import type { Finding } from '#core/finding.ts';
import type { RefSpec, SourceObject } from '#core/target.ts';
import { isFetchedPlain } from '#server/checks/fetched-plain.ts';
import { publicationChecks, type Uncovered } from '#server/checks/publications.ts';

const url = 'oci://registry.example.com/pay';
const pay: Publication = { repository: 'infra', ref: 'branch:default', path: '', url, tag: 'default', content: 'manifests' };

describe('a check of what is published', () => {
  const publisher = new FakePublisher([pay, { ...pay, ref: 'branch:stable', tag: 'stable' }]);
  const source = { name: 'hg', publisher, repositoryAt: () => undefined } as unknown as SourceAdapter;
  const object = (name: string, ref: RefSpec, more: Partial<SourceObject> = {}): SourceObject => ({
    target: { cluster: 'prod', kind: 'OCIRepository', namespace: 'apps', name },
    url,
    ref,
    suspended: false,
    artifactRevision: null,
    paths: null,
    ...more,
  });
  const covered = (): Promise<readonly string[]> => Promise.resolve([]);
  const findings = async (objects: readonly SourceObject[], uncovered: Uncovered = covered, of = source): Promise<readonly Finding[]> =>
    (await Promise.all(publicationChecks([of], () => Promise.resolve(objects), uncovered).map(({ run }) => run()))).flat();
  const shown = (all: readonly Finding[]): readonly string[] => all.map(({ severity, code, message }) => `${severity} ${code} ${message}`);
  const found = async (...objects: readonly SourceObject[]) => shown(await findings(objects));

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

  it('warns of whoever follows something else where something is published, but not of what is pinned', async () => {
    const all = await findings([
      object('pay', { tag: 'default' }),
      object('old', { tag: 'stable' }),
      object('odd', { semver: '1.x' }),
      object('pin', { digest: 'sha256:1' }),
    ]);
    const wrong = all.filter(({ severity }) => severity !== 'good');
    assert.deepEqual(shown(wrong), [
      `warning PUBLICATION_FOLLOWED prod/OCIRepository/apps/odd follows versions in the range 1.x at ${url}; what is published there is default, stable`,
    ]);
    assert.match(wrong[0]?.mend ?? '', /tag: default/);
  });

  it('names a follower that speaks TLS where the registry does not, or the other way round', async () => {
    publisher.plain = true;
    const [, speaks] = await findings([object('pay', { tag: 'default' })]);
    assert.deepEqual([speaks?.code, speaks?.severity], ['PUBLICATION_TLS', 'warning']);
    assert.match(speaks?.message ?? '', /apps\/pay speaks TLS to .*, which is published to without/);
    assert.match(speaks?.mend ?? '', /kubectl -n apps patch ocirepository pay .*"insecure":true/);
    assert.match(
      (await found(object('pay', { tag: 'default' }, { insecure: true })))[1] ?? '',
      /^warning PUBLICATION_FOLLOWED nothing follows .*:stable/,
    );
    publisher.plain = false;
    assert.match((await found(object('pay', { tag: 'default' }, { insecure: true })))[1] ?? '', /PUBLICATION_TLS .*without TLS/);
  });

  for (const host of [
    'localhost:5000',
    '127.0.0.1:5000',
    '[::1]:5000',
    '10.1.2.3',
    '172.31.0.1:5000',
    '192.168.1.1',
    'registry.local',
    'r.localhost:80',
  ])
    it(`knows that Flux fetches from ${host} without TLS in any case`, () => {
      assert.equal(isFetchedPlain({ url: `oci://${host}/pay` }), true);
    });
  for (const host of ['registry.example.com', '172.32.0.1', '192.169.0.1', '11.0.0.1:5000', 'localhost.example.com', '10.example.com'])
    it(`knows that Flux fetches from ${host} by TLS`, () => {
      assert.equal(isFetchedPlain({ url: `oci://${host}/pay` }), false);
    });

  it('names a follower that holds up the others, because no policy is about where it writes', async () => {
    const uncovered = ({ target }: SourceObject) => Promise.resolve(target.name === 'stray' ? ['namespace free of cluster prod'] : []);
    const wrong = (await findings([object('pay', { tag: 'default' }), object('stray', { tag: 'default' })], uncovered)).filter(
      ({ code }) => code === 'PUBLICATION_POLICY',
    );
    assert.deepEqual(shown(wrong), [
      `warning PUBLICATION_POLICY prod/OCIRepository/apps/stray follows ${url}:default, and no policy is about namespace free of cluster prod`,
    ]);
  });

  it('says why a registry takes nothing, and what mends that', async () => {
    publisher.failure = new HeadgateError('REGISTRY_REFUSED', 'headgate may not push', { hint: 'give it the right' });
    const last = (await findings([])).at(-1);
    publisher.failure = undefined;
    assert.deepEqual([last?.severity, last?.message, last?.mend], ['bad', `${url}: headgate may not push`, 'give it the right']);
  });

  it('looks at nothing where nothing is published', () => {
    assert.deepEqual(
      publicationChecks([{ name: 'hub' } as SourceAdapter], () => Promise.resolve([]), covered),
      [],
    );
  });
});
