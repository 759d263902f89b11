import { FakePublisher } from '#core/ports/fake-publisher.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { Publication } from '#core/publication.ts';
import type { Consumer, RefSpec, SourceObject, TargetRef } from '#core/target.ts';
import { repositoryKey } from '#core/urls.ts';
import { Flow } from './flow.ts';
import { sha } from './samples.ts';

/** `infra`'s directory `apps/pay`, and its charts, as a source publishes them. */
export const pay: Publication = {
  repository: 'infra',
  ref: 'branch:default',
  path: 'apps/pay',
  url: 'oci://registry.example.com/infra-pay',
  tag: 'default',
  content: 'manifests',
};
export const releases: Publication = { ...pay, ref: 'tag:v*@branch:default', tag: 'release' };

/** An object that follows a tag of what is published. */
export function registryObject(name: string, ref: RefSpec, more: Partial<SourceObject> & { readonly cluster?: string } = {}): SourceObject {
  const { cluster = 'prod', ...rest } = more;
  const target: TargetRef = { cluster, kind: 'OCIRepository', namespace: 'apps', name };
  return { target, url: pay.url, ref, suspended: false, artifactRevision: null, paths: null, ...rest };
}

/** A Kustomization that writes to a namespace. */
export function writer(namespace: string, cluster = 'prod'): Consumer {
  const object: TargetRef = { cluster, kind: 'Kustomization', namespace: 'apps', name: namespace };
  return { object, suspended: false, namespaces: [namespace], unbounded: false, remote: false, paths: null };
}

const POLICY = `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ "*" ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ infra ], refs: [ "branch:default", "tag:v*@branch:default" ] } ]
`;

export interface PublishedFlow {
  readonly flow: Flow;
  readonly publisher: FakePublisher;
  readonly readBack: FakeReadBack;
}

/** A source that publishes, over a registry in memory. */
export async function openPublished(): Promise<PublishedFlow> {
  const readBack = new FakeReadBack();
  readBack.move('infra', 'branch:default', [sha('a'), sha('b')]);
  const flow = await Flow.open(undefined, readBack);
  flow.policy = POLICY;
  const publisher = new FakePublisher([pay, releases]);
  const adapter = flow.deps.adapters.get('hub');
  if (!adapter) throw new Error('there is no source');
  const keys = publisher.publications.flatMap(({ url }) => repositoryKey(url) ?? []);
  Object.assign(adapter, { publisher, repositoryKeys: () => ({ keys, caseSensitive: true }), repositoryAt: () => undefined });
  return { flow, publisher, readBack };
}
