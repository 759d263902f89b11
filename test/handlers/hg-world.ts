import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import type { FakeCommit } from '#adapters/hg/fake-repository.ts';
import { createHgReadBack } from '#adapters/hg/read-back.ts';
import type { Actor } from '#core/actor.ts';
import type { Clock } from '#core/clock.ts';
import { anyRef, type Brought, type Delivery, type Hint } from '#core/delivery.ts';
import { FakePublisher } from '#core/ports/fake-publisher.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Publication } from '#core/publication.ts';
import { repositoryKey } from '#core/urls.ts';
import { Flow } from './flow.ts';

const POLICY = `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ "*" ], namespaces: [ apps ] } ]
  changes:
    - source: hub
      repositories: [ infra ]
      refs: [ "branch:*", "bookmark:*", "tag:v*@branch:default" ]
      pushers: { people: [ alice ] }
---
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: alice }
spec: { accounts: [ { source: hub, account: alice } ] }
`;

export const alice: Actor = { role: 'pusher', account: 'alice', name: 'alice', kind: 'unknown' };
export const mallory: Actor = { role: 'pusher', account: 'mallory', name: 'mallory', kind: 'unknown' };

/** A host of Mercurial in memory, whose repository `infra` is published and followed, and the flow of deliveries over it. */
export class HgWorld {
  readonly flow: Flow;
  readonly host: FakeBackEnd;
  readonly first: string;

  private constructor(flow: Flow, host: FakeBackEnd, first: string) {
    this.flow = flow;
    this.host = host;
    this.first = first;
  }

  /** @param refs of `infra`, each published under a tag of its own and followed by an object that is at the first commit */
  static async open(refs: readonly string[] = ['branch:default'], clock?: Clock): Promise<HgWorld> {
    const host = new FakeBackEnd();
    const first = host.commit('infra', { files: { 'a.yaml': 'a: 1\n' } });
    const flow = await Flow.open(clock, createHgReadBack(host));
    flow.policy = POLICY;
    const publications = refs.map(
      (ref, index): Publication => ({
        repository: 'infra',
        ref,
        path: '',
        url: 'oci://registry.example.com/infra',
        tag: `t${index}`,
        content: 'manifests',
      }),
    );
    const adapter = flow.deps.adapters.get('hub');
    if (!adapter) throw new Error('there is no source');
    const keys = [repositoryKey('oci://registry.example.com/infra') ?? ''];
    Object.assign(adapter, {
      publisher: new FakePublisher(publications),
      repositoryKeys: () => ({ keys, caseSensitive: true }),
      repositoryAt: () => undefined,
    });
    for (const [index] of refs.entries())
      flow.clusters.put({
        target: { cluster: 'prod', kind: 'OCIRepository', namespace: 'apps', name: `o${index}` },
        url: 'oci://registry.example.com/infra',
        ref: { tag: `t${index}` },
        suspended: false,
        artifactRevision: `t${index}@sha256:${'0'.repeat(64)}`,
        artifactOrigin: `default@sha1:${first}`,
        paths: null,
      });
    return new HgWorld(flow, host, first);
  }

  commit(spec: FakeCommit = {}): string {
    return this.host.commit('infra', spec);
  }

  /** News of a transaction. @returns its delivery */
  tell(pusher: Actor | null, last: string | null, brought: Partial<Brought> = {}): Promise<string> {
    const hint: Hint = {
      repository: 'infra',
      ref: anyRef,
      before: null,
      after: last,
      commit: last,
      action: 'updated',
      occurredAt: null,
      actors: pusher ? [pusher] : [],
      brought: { first: last, heads: last === null ? [] : [last], bookmarks: {}, ...brought },
    };
    return this.flow.deliver(hint);
  }

  /** Handles news and what is found because of them, until nothing is pending. */
  async handle(): Promise<void> {
    await this.flow.handle();
    await this.flow.handle();
  }

  /** Stories of all changes, oldest first. */
  async stories(): Promise<readonly Story[]> {
    const { items } = await this.flow.journal.changes({}, { limit: 100, cursor: null });
    return Promise.all(items.toReversed().map(async ({ id }) => (await this.flow.journal.story(id)) as Story));
  }

  /** Of all changes, oldest first: the ref, where it leads, who pushed and what was decided. */
  async seen(): Promise<readonly string[]> {
    return (await this.stories()).map(({ change, decisions }) => {
      const pushers = change.actors.filter(({ role }) => role === 'pusher').map(({ name }) => name);
      const verdicts = decisions.map(({ verdict, reasons }) => `${verdict} ${verdict === 'deny' ? (reasons[0]?.code ?? '') : ''}`.trim());
      return `${change.ref} ${change.revision ?? ''} by ${pushers.join('+') || 'nobody'}: ${verdicts.join(', ') || 'no match'}`;
    });
  }

  async delivery(id: string): Promise<Delivery> {
    const found = await this.flow.journal.delivery(id);
    if (!found) throw new Error(`there is no delivery ${id}`);
    return found;
  }

  async foundBecauseOf(cause: string): Promise<readonly Delivery[]> {
    return (await this.flow.journal.deliveries({ cause }, { limit: 100, cursor: null })).items;
  }
}
