import { z } from 'zod';
import { finding, type Finding } from '#core/finding.ts';
import type { Connection } from '../connection.ts';
import type { ServedKind } from './flux-kinds.ts';

/** One right that is worth having. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly severity: 'warning' | 'bad';
  /** What works without it, and what does not. */
  readonly without: string;
  /** The command that grants it, where it is not that of the common rights. */
  readonly mend?: string;
}

const review = z.object({ status: z.object({ allowed: z.boolean() }) });

const triggered: readonly string[] = ['GitRepository', 'OCIRepository', 'Bucket', 'HelmRepository', 'HelmChart'];

const events: Right = {
  verb: 'create',
  group: '',
  resource: 'events',
  severity: 'warning',
  without: 'Everything works; no Kubernetes Events say on the objects what was done with them.',
};

/**
 * Asks for each right in all namespaces. A right on a kind that is not installed is not needed.
 * @param more what is needed for what the config asks of this cluster
 */
export async function checkRights(
  connection: Connection,
  about: string,
  kinds: readonly ServedKind[],
  more: readonly Right[],
): Promise<readonly Finding[]> {
  const rights = [...kinds.filter(({ served }) => served !== false).flatMap(rightsOn), events, ...more];
  const answers = await Promise.all(rights.map(async (right) => ({ right, allowed: await ask(connection, right) })));
  const missing = byResource(answers.filter(({ allowed }) => allowed === false).map(({ right }) => right));
  const unknown = answers.filter(({ allowed }) => allowed === null).length;
  return [
    ...(missing.length === 0 && unknown === 0
      ? [finding('CLUSTER_RIGHT', about, 'good', `all rights that are needed: ${answers.length}`)]
      : []),
    ...missing.map((same) => missingFinding(about, same)),
    ...(unknown === 0 ? [] : [finding('CLUSTER_RIGHT', about, 'unknown', `rights that could not be asked for: ${unknown}`)]),
  ];
}

function rightsOn({ kind, group, plural }: ServedKind): readonly Right[] {
  const reading = `Nothing is matched through ${kind} objects in this cluster, and what would come of a change is not known while they are out of sight.`;
  const asking = `Changes are matched and decided, but no ${kind} is asked to reconcile (CLUSTER_REFUSED); Flux still polls at its interval.`;
  const on = { group, resource: plural, severity: 'bad' } as const;
  return [
    { ...on, verb: 'list', without: reading },
    { ...on, verb: 'watch', without: reading },
    ...(triggered.includes(kind) ? [{ ...on, verb: 'patch', without: asking }] : []),
  ];
}

function byResource(rights: readonly Right[]): readonly (readonly [Right, ...Right[]])[] {
  const groups = new Map<string, [Right, ...Right[]]>();
  for (const right of rights) {
    const key = `${nameOf(right)} ${right.without}`;
    const known = groups.get(key);
    if (known) known.push(right);
    else groups.set(key, [right]);
  }
  return [...groups.values()];
}

function missingFinding(about: string, rights: readonly [Right, ...Right[]]): Finding {
  const [first] = rights;
  const verbs = rights.map(({ verb }) => verb).join(', ');
  const mend = `\`${first.mend ?? 'kubectl apply -f deploy/rbac.yaml'}\`, then \`kubectl auth can-i ${first.verb} ${nameOf(first)} --all-namespaces\` as this account.`;
  return finding('CLUSTER_RIGHT', about, first.severity, `may not ${verbs} ${nameOf(first)}`, { without: first.without, mend });
}

function nameOf({ group, resource }: Right): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** SelfSubjectAccessReview, which every authenticated account may create (`system:basic-user`); null when it could not be asked. */
async function ask(connection: Connection, { verb, group, resource }: Right): Promise<boolean | null> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, resource } },
  };
  try {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const { status } = review.parse(await connection.send({ method: 'POST', path, body }));
    return status.allowed;
  } catch {
    return null; // said as unknown
  }
}
