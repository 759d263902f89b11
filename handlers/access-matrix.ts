import type { ConsumerAccess, NamespaceAccess, PolicyAccess, TargetAccess } from '#core/access-matrix.ts';
import { HeadgateError } from '#core/errors.ts';
import { followedNow } from '#core/followed.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import { targetKey, type Consumer, type Footprint, type SourceObject, type TargetRef } from '#core/target.ts';
import { explain, type Explaining } from '#handlers/explain.ts';
import { describeNeeds, describePushers } from '#policy/describe-needs.ts';
import type { Policy } from '#policy/documents.ts';
import { selects } from '#policy/rules.ts';

export interface Mapping extends Explaining {
  readonly inventory: Explaining['inventory'] & Pick<Inventory, 'sources'>;
}

/**
 * Who may deploy what from where to a namespace, cluster by cluster, by the policies and objects of now. Nothing is asked of anybody.
 * @param cluster only this one; undefined = every one that is configured, or written to from one that is
 * @throws HeadgateError NOT_FOUND for a cluster that is neither
 */
export function accessMatrix(deps: Mapping, namespace: string, cluster?: string): readonly NamespaceAccess[] {
  const footprints = deps.inventory.sources().map((source) => deps.inventory.footprint(source));
  const names = clustersOf(deps, footprints);
  if (cluster !== undefined && !names.includes(cluster))
    throw new HeadgateError('NOT_FOUND', `no cluster ${cluster} is configured, and no object writes to one of that name`, {
      hint: `There is: ${names.join(', ') || 'none'}.`,
    });
  return names.filter((name) => cluster === undefined || name === cluster).map((name) => accessOf(deps, footprints, name, namespace));
}

function clustersOf({ inventory }: Mapping, footprints: readonly Footprint[]): readonly string[] {
  const configured = inventory.health().map((health) => health.cluster);
  const written = footprints.flatMap(({ consumers }) => consumers.flatMap(({ remoteCluster }) => remoteCluster ?? []));
  return [...new Set([...configured, ...written.toSorted()])];
}

function accessOf(deps: Mapping, footprints: readonly Footprint[], cluster: string, namespace: string): NamespaceAccess {
  const { policies, unavailable } = deps.policies();
  const concerned = unavailable === null ? policies.filter((policy) => selects(policy, cluster, namespace)) : [];
  const access = { cluster, namespace };
  return {
    ...access,
    clusterState: deps.inventory.health().find((health) => health.cluster === cluster)?.state ?? 'elsewhere',
    summary: summaryOf(concerned, unavailable, access),
    covered: concerned.length > 0,
    mode: modeOf(concerned),
    enforcement: concerned[0]?.enforcement ?? null,
    secondAuthority: authorityOf(deps, cluster),
    policies: concerned.map(policyAccess),
    targets: footprints.flatMap((footprint) => targetAccess(deps, footprint, cluster, namespace)),
    unbounded: footprints.flatMap((footprint) => unboundedElsewhere(footprint, cluster, namespace)),
    sourceRights: [],
  };
}

function summaryOf(
  concerned: readonly Policy[],
  unavailable: string | null,
  { cluster, namespace }: { cluster: string; namespace: string },
): string {
  if (unavailable !== null) return `nobody: ${unavailable}, and then everything is denied`;
  if (concerned.length === 0)
    return `nobody: no policy is about namespace ${namespace} of cluster ${cluster}, and what no policy allows is denied`;
  const names = concerned.map(({ name }) => name).join(' and ');
  const audited = modeOf(concerned) === 'audit' ? '; in audit mode: what they would deny is noted and allowed' : '';
  return `whatever ${names} ${concerned.length === 1 ? 'allows' : 'all allow'}${audited}`;
}

/** On one target the strictest counts. */
function modeOf(concerned: readonly Policy[]): NamespaceAccess['mode'] {
  if (concerned.length === 0) return null;
  return concerned.some(({ mode }) => mode === 'enforce') ? 'enforce' : 'audit';
}

function authorityOf({ authority }: Mapping, cluster: string): NamespaceAccess['secondAuthority'] {
  const known = authority.known(cluster, null);
  if (known?.answer !== 'nobody') return 'off';
  return known.allowed ? 'pushers allowed' : 'pushers denied';
}

function policyAccess(policy: Policy): PolicyAccess {
  const { name, mode, enforcement, place, changes } = policy;
  const patterns = (globs: readonly { readonly pattern: string }[]): readonly string[] => globs.map(({ pattern }) => pattern);
  return {
    policy: name,
    mode,
    enforcement,
    place,
    changes: changes.map((rule, index) => ({
      rule: `${name} changes[${index}]`,
      source: rule.source.pattern,
      repositories: patterns(rule.repositories),
      refs: patterns(rule.refs),
      confirmed: rule.confirmed,
      pushers: describePushers(rule),
    })),
    needs: describeNeeds(policy),
  };
}

function targetAccess(
  deps: Mapping,
  { source, consumers, namespaces }: Footprint,
  cluster: string,
  namespace: string,
): readonly TargetAccess[] {
  const writing = consumers.filter((consumer) => consumer.namespaces.includes(namespace) && clusterOf(consumer, source) === cluster);
  const isItself = consumers.length === 0 && source.target.cluster === cluster && namespaces.includes(namespace);
  if (writing.length === 0 && !isItself) return [];
  const follows = followedAt(deps, source);
  return [
    {
      target: source.target,
      url: source.url,
      follows,
      suspended: source.suspended,
      consumers: writing.map((consumer) => consumerAccess(consumer, namespace)),
      push: pushTo(deps, source.target, follows),
    },
  ];
}

function consumerAccess({ object, unbounded, remote, serviceAccount, applies }: Consumer, namespace: string): ConsumerAccess {
  const there = applies?.filter((one) => one.namespace === namespace || one.namespace === '') ?? null;
  return { object, unbounded, remote, serviceAccount: serviceAccount ?? null, applies: there };
}

/** Undefined: another cluster, and the config does not say which. */
function clusterOf({ remote, remoteCluster }: Consumer, { target }: SourceObject): string | undefined {
  return remote ? remoteCluster : target.cluster;
}

/** What no service account bounds may write to every namespace of its cluster. */
function unboundedElsewhere({ source, consumers }: Footprint, cluster: string, namespace: string): readonly TargetRef[] {
  return consumers
    .filter((consumer) => consumer.unbounded && clusterOf(consumer, source) === cluster && !consumer.namespaces.includes(namespace))
    .map(({ object }) => object);
}

function followedAt({ adapters }: Mapping, source: SourceObject): TargetAccess['follows'] {
  for (const adapter of adapters.values()) {
    const now = followedNow(adapter, source);
    if (now) return now.ref === undefined ? null : { source: adapter.name, repository: now.repository, ref: now.ref };
  }
  return null;
}

/** By the code that decides a real one. */
function pushTo(deps: Mapping, target: TargetRef, follows: TargetAccess['follows']): TargetAccess['push'] {
  const nowhere = (message: string): TargetAccess['push'] => ({
    verdict: 'deny',
    rule: 'default',
    reasons: [{ code: 'no-match', message }],
  });
  if (follows === null) return nowhere('its URL is on no configured source, or it follows no branch or tag: no change matches it');
  const { targets, candidates } = explain(deps, follows);
  const key = targetKey(target);
  const decided = targets.find((one) => targetKey(one.target) === key);
  if (!decided) return nowhere(candidates.find((one) => targetKey(one.target) === key)?.message ?? 'its cluster has not answered yet');
  const { verdict, rule, reasons } = decided.decision;
  return { verdict, rule, reasons };
}
