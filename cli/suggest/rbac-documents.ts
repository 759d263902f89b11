import { stringify } from 'yaml';
import { suggestRules, type Writer } from './namespace-role.ts';

/** A Flux object that writes to the namespace. */
export interface FluxWriter extends Writer {
  /** Of the object itself: the service account that it impersonates lies there. */
  readonly namespace: string;
  readonly serviceAccount: string | null;
}

export interface RbacQuestion {
  readonly source: string;
  /** UUID. */
  readonly group: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly writers: readonly FluxWriter[];
  /** What these follow on the source; empty when nothing is known. */
  readonly follows: readonly { readonly repository: string; readonly ref: string }[];
}

/**
 * ServiceAccounts, a Role and a RoleBinding as YAML that `kubectl apply -f -` takes; below them, as comments, what has to stand in the Flux
 * objects and in a policy.
 */
export function rbacDocuments(question: RbacQuestion): readonly string[] {
  const { namespace, serviceAccount, writers } = question;
  const { rules, notes } = suggestRules(writers);
  const homes = writers.length === 0 ? [namespace] : [...new Set(writers.map((writer) => writer.namespace))];
  const name = `headgate-${serviceAccount}`;
  const subjects = homes.map((home) => ({ kind: 'ServiceAccount', name: serviceAccount, namespace: home }));
  const objects = [
    ...homes.map((home) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: serviceAccount, namespace: home } })),
    { apiVersion: RBAC, kind: 'Role', metadata: { name, namespace }, rules },
    { apiVersion: RBAC, kind: 'RoleBinding', metadata: { name, namespace }, roleRef: { apiGroup: GROUP, kind: 'Role', name }, subjects },
  ];
  const yaml = objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd()).join('\n---\n');
  return [
    ...commented([
      `What group ${question.group} of ${question.source} may bring to namespace ${namespace} of cluster ${question.cluster}.`,
      ...notes,
    ]),
    ...yaml.split('\n'),
    ...commented(['', ...fluxLines(question), '', ...policyLines(question)]),
  ];
}

const GROUP = 'rbac.authorization.k8s.io';
const RBAC = `${GROUP}/v1`;

function commented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? '#' : `# ${line}`));
}

function fluxLines({ writers, serviceAccount, namespace }: RbacQuestion): readonly string[] {
  if (writers.length === 0)
    return [
      `GUESS: the Kustomization will lie in namespace ${namespace}; a service account is looked for where the object itself lies.`,
      'In the Kustomization or HelmRelease:',
      '  spec:',
      `    serviceAccountName: ${serviceAccount}`,
    ];
  return writers.flatMap((writer) => [
    `In ${writer.name} of namespace ${writer.namespace} (now: ${writer.serviceAccount ?? 'none, so that nothing bounds it'}):`,
    '  spec:',
    `    serviceAccountName: ${serviceAccount}`,
  ]);
}

function policyLines({ source, group, cluster, namespace, follows }: RbacQuestion): readonly string[] {
  const [repositories, refs] = [follows.map(({ repository }) => repository), follows.map(({ ref }) => ref)].map((all) => [...new Set(all)]);
  const rule = {
    source,
    repositories: repositories?.length ? repositories : [namespace],
    refs: refs?.length ? refs : ['refs/heads/main'],
    pushers: { groups: [`${source}:${group}`] },
  };
  const policy = {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'GatePolicy',
    metadata: { name: namespace },
    spec: {
      targets: [{ clusters: [cluster], namespaces: [namespace] }],
      changes: [rule],
      reviews: [{ required: 1, distinctFrom: ['author', 'uploader', 'submitter'] }],
    },
  };
  const guess = follows.length === 0 ? ['GUESS: which project and branch.'] : [];
  return [
    'In a file of the policies: submitted by somebody in that group, and reviewed by somebody else.',
    ...guess,
    ...stringify(policy, { lineWidth: 0 }).trimEnd().split('\n'),
  ];
}
