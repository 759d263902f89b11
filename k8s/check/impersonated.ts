import { z } from 'zod';
import { messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import { hasStatus } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import { listKind } from '../kind-list.ts';
import { apiVersionOf, collectionPath } from '../kinds.ts';
import { parseFluxObject } from '../parse-flux-object.ts';
import type { ServedKind } from './flux-kinds.ts';

/** A service account, one namespace that is written to with it, and the first object that does. */
interface Impersonated {
  /** `namespace:name` */
  readonly account: string;
  readonly namespace: string;
  readonly by: string;
}

/** A right that nobody needs to deploy to one namespace. */
interface Excess {
  readonly is: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** In every namespace, not in its own. */
  readonly wide?: true;
}

const everything: Excess = { is: 'do everything in the whole cluster', verb: '*', group: '*', resource: '*', wide: true };
const rbac = 'rbac.authorization.k8s.io';

/** The ways to more rights: Kubernetes, "RBAC Good Practices", "Privilege escalation risks". */
const excesses: readonly Excess[] = [
  { is: 'do everything there', verb: '*', group: '*', resource: '*' },
  { is: 'read Secrets of every namespace', verb: 'get', group: '', resource: 'secrets', wide: true },
  { is: 'change Deployments of every namespace', verb: 'patch', group: 'apps', resource: 'deployments', wide: true },
  { is: 'give itself rights (escalate)', verb: 'escalate', group: rbac, resource: 'roles' },
  { is: 'bind roles that it does not hold (bind)', verb: 'bind', group: rbac, resource: 'clusterroles', wide: true },
  { is: 'impersonate other service accounts', verb: 'impersonate', group: '', resource: 'serviceaccounts' },
];

/**
 * Whether service accounts that Flux's objects impersonate may do more than deploying to their namespaces takes. A bounded number of
 * SubjectAccessReviews; nothing is said where nobody is impersonated. Does not reject.
 */
export async function checkImpersonated(connection: Connection, about: string, kinds: readonly ServedKind[]): Promise<readonly Finding[]> {
  // Why objects cannot be listed is said by other findings.
  const all = await impersonated(connection, kinds).catch(() => []);
  if (all.length === 0) return [];
  const asked = all.slice(0, limits.check.impersonated);
  const slots = new Slots(limits.kube.accessAtOnce);
  try {
    const found = await Promise.all(asked.map(async (one) => ({ one, may: await excessesOf(connection, slots, one) })));
    return findingsOf(about, found, all.length - asked.length);
  } catch (error) {
    const message = `what impersonated service accounts may do could not be asked: ${messageOf(error)}`;
    return [finding('SERVICE_ACCOUNT_RIGHT', about, 'unknown', message, hasStatus(error, 403) ? unasked : {})];
  }
}

const unasked = {
  without: 'Everything is deployed as before.',
  mend: '`kubectl apply -f deploy/rbac-authority.yaml` gives the right to create subjectaccessreviews, which it takes.',
} as const;

function findingsOf(
  about: string,
  found: readonly { readonly one: Impersonated; readonly may: readonly string[] }[],
  left: number,
): readonly Finding[] {
  const bounded = found.filter(({ may }) => may.length === 0).length;
  const more = left === 0 ? '' : `; not asked about: ${left}`;
  return [
    ...(bounded === 0
      ? []
      : [
          finding(
            'SERVICE_ACCOUNT_RIGHT',
            about,
            'good',
            `impersonated service accounts that are bounded to their namespaces: ${bounded}${more}`,
          ),
        ]),
    ...found.flatMap(({ one: { account, namespace, by }, may }) =>
      may.length === 0
        ? []
        : [finding('SERVICE_ACCOUNT_RIGHT', about, 'warning', `${by} writes to ${namespace} as ${account}, which may ${may.join('; ')}`)],
    ),
  ];
}

/** What writes into another cluster impersonates somebody there. */
async function impersonated(connection: Connection, kinds: readonly ServedKind[]): Promise<readonly Impersonated[]> {
  const writing = kinds.filter(({ kind, served }) => served === true && (kind === 'Kustomization' || kind === 'HelmRelease'));
  const lists = await Promise.all(
    writing.map(async (kind) => {
      const read = (raw: unknown) => parseFluxObject(connection.cluster, kind.kind, apiVersionOf(kind), raw)?.object;
      return (await listKind(connection, collectionPath(kind), read)).objects;
    }),
  );
  const known = new Map<string, Impersonated>();
  for (const { target, writes } of lists.flat()) {
    if (!writes?.serviceAccount || writes.remote) continue;
    const account = `${target.namespace}:${writes.serviceAccount}`;
    for (const namespace of writes.namespaces) {
      const key = `${account} ${namespace}`;
      if (!known.has(key)) known.set(key, { account, namespace, by: `${target.kind} ${target.namespace}/${target.name}` });
    }
  }
  return [...known.values()];
}

/** In words; whoever may do everything needs no list. */
async function excessesOf(connection: Connection, slots: Slots, { account, namespace }: Impersonated): Promise<readonly string[]> {
  const ask = (excess: Excess): Promise<boolean> => slots.run(() => review(connection, account, namespace, excess));
  if (await ask(everything)) return [everything.is];
  const answers = await Promise.all(excesses.map(async (excess) => ((await ask(excess)) ? [excess.is] : [])));
  return answers.flat();
}

const Reviewed = z.object({ status: z.object({ allowed: z.boolean().default(false), denied: z.boolean().default(false) }) });

/** SubjectAccessReview, in the groups that the API server puts service accounts in. */
async function review(
  connection: Connection,
  account: string,
  namespace: string,
  { verb, group, resource, wide }: Excess,
): Promise<boolean> {
  const [home = ''] = account.split(':');
  const resourceAttributes = { verb, group, resource, ...(wide ? {} : { namespace }) };
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${home}`, 'system:authenticated'];
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: `system:serviceaccount:${account}`, groups, resourceAttributes },
  };
  const { status } = Reviewed.parse(
    await connection.send({ method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews', body }),
  );
  return status.allowed && !status.denied;
}
