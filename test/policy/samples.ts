import { accessOff } from '#core/access.ts';
import type { Change } from '#core/change.ts';
import { unasked } from '#core/range-evidence.ts';
import type { Consumer, Footprint } from '#core/target.ts';
import { decide } from '#policy/decide.ts';
import type { PolicySet } from '#policy/documents.ts';
import { parsePolicies } from '#policy/parse-policies.ts';

/** One GatePolicy as YAML: JSON is YAML. */
export interface PolicySpec {
  readonly mode?: 'enforce' | 'audit';
  readonly targets?: readonly { readonly clusters: readonly string[]; readonly namespaces: readonly string[] }[];
  readonly changes?: readonly {
    readonly source: string;
    readonly repositories: readonly string[];
    readonly refs: readonly string[];
    readonly confirmed?: boolean;
    readonly pushers?: { readonly people?: readonly string[]; readonly groups?: readonly string[] };
    readonly reviewed?: boolean;
    readonly requirements?: readonly string[];
  }[];
  readonly subjects?: readonly {
    readonly issuer: string;
    readonly match?: Readonly<Record<string, unknown>>;
    readonly people?: readonly string[];
    readonly groups?: readonly string[];
    readonly validations?: readonly ValidationSpec[];
  }[];
  readonly reviews?: readonly object[];
  readonly checks?: readonly string[];
  readonly signed?: object;
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations?: readonly ValidationSpec[];
}

interface ValidationSpec {
  readonly expression: string;
  readonly message: string;
}

export const mainOfApp = { source: 'hub', repositories: ['org/app'], refs: ['refs/heads/main'], confirmed: false };
export const payments = { clusters: ['prod'], namespaces: ['payments'] };

/**
 * Parses policies by name; what a spec leaves out lets main of org/app come to payments of prod.
 * @param people documents about people, as YAML
 */
export function policies(specs: Readonly<Record<string, PolicySpec>>, people = ''): PolicySet {
  const documents = Object.entries(specs).map(([name, spec]) => ({
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'GatePolicy',
    metadata: { name },
    spec: { targets: [payments], changes: [mainOfApp], ...spec },
  }));
  const files = documents.map((document, index) => ({ name: `${index}.yaml`, text: JSON.stringify(document) }));
  return parsePolicies([...files, { name: 'people.yaml', text: people }]);
}

/** An unconfirmed push to main of org/app. */
export function change(fields: Partial<Change> = {}): Change {
  return {
    id: 'chg_1',
    delivery: 'dlv_1',
    source: 'hub',
    repository: 'org/app',
    ref: 'refs/heads/main',
    action: 'updated',
    before: 'a'.repeat(40),
    after: 'b'.repeat(40),
    revision: 'b'.repeat(40),
    confirmed: false,
    occurredAt: null,
    receivedAt: 1_000,
    at: 1_001,
    actors: [{ role: 'pusher', account: '583231', name: 'octocat', kind: 'human' }],
    lateFor: null,
    readBack: null,
    owed: [],
    ...fields,
  };
}

/** A GitRepository of cluster prod in flux-system that moves these namespaces. */
export function footprint(namespaces: readonly string[] = ['payments'], consumers: readonly Consumer[] = []): Footprint {
  return {
    source: {
      target: { cluster: 'prod', kind: 'GitRepository', namespace: 'flux-system', name: 'app' },
      url: 'https://hub/org/app',
      ref: { branch: 'main' },
      suspended: false,
      artifactRevision: null,
      paths: null,
    },
    consumers,
    namespaces,
    unbounded: consumers.filter(({ unbounded }) => unbounded).map(({ object }) => object),
  };
}

export type Situation = Partial<Parameters<typeof decide>[0]>;

/** Decides with the samples for whatever is not given. */
export function decideSample(set: PolicySet, situation: Situation = {}) {
  return decide({
    change: change(),
    footprint: footprint(),
    identities: { subject: null },
    policies: set,
    range: unasked,
    access: accessOff,
    caseSensitive: true,
    votes: false,
    now: 2_000,
    id: 'dec_1',
    ...situation,
  });
}
