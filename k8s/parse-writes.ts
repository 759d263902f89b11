import { limits } from '#core/limits.ts';
import type { AppliedKind, TargetRef } from '#core/target.ts';
import type { Fields } from './fields.ts';
import type { Writes } from './flux-object.ts';

/** Where a consumer writes, null for everything that is none. */
export function parseWrites(target: TargetRef, spec: Fields, status: Fields): Writes | null {
  if (target.kind !== 'Kustomization' && target.kind !== 'HelmRelease') return null;
  const namespaces = new Set<string>(inventoryNamespaces(status.at('inventory')));
  const applies = appliedKinds(status.at('inventory'));
  const serviceAccount = spec.text('serviceAccountName');
  const explicit = spec.text('targetNamespace');
  if (explicit) namespaces.add(explicit);
  if (namespaces.size === 0 || (target.kind === 'HelmRelease' && !explicit)) namespaces.add(target.namespace);
  return {
    namespaces: [...namespaces].sort(),
    unbounded: !serviceAccount,
    ...(serviceAccount ? { serviceAccount } : {}),
    ...(applies.length > 0 ? { applies } : {}),
    remote: spec.has('kubeConfig'),
    kubeConfig: kubeConfigOf(target, spec.at('kubeConfig')),
  };
}

/** Exactly one of both (fluxcd/pkg apis/meta KubeConfigReference); they are in the object's own namespace. */
function kubeConfigOf({ namespace }: TargetRef, kubeConfig: Fields): string | null {
  const secret = kubeConfig.at('secretRef').text('name');
  const configMap = kubeConfig.at('configMapRef').text('name');
  if ((secret === undefined) === (configMap === undefined)) return null;
  return secret === undefined ? `configMap/${namespace}/${configMap}` : `secret/${namespace}/${secret}`;
}

/**
 * Ids are `<namespace>_<name>_<group>_<kind>`, the namespace empty for cluster-wide objects (fluxcd/cli-utils pkg/object).
 * A Namespace object counts as writing to that namespace.
 */
function inventoryNamespaces(inventory: Fields): readonly string[] {
  return inventory.list('entries').flatMap((entry) => {
    const parts = (entry.text('id') ?? '').split('_');
    const [namespace, name] = parts;
    if (namespace) return [namespace];
    return parts.at(-1) === 'Namespace' && parts.at(-2) === '' && name ? [name] : [];
  });
}

/** Names hold no underscore, except those of roles, which double theirs: the group and the kind are the last two parts. */
function appliedKinds(inventory: Fields): readonly AppliedKind[] {
  const known = new Map<string, AppliedKind>();
  for (const entry of inventory.list('entries')) {
    const parts = (entry.text('id') ?? '').split('_');
    const [namespace = '', kind = ''] = [parts[0], parts.at(-1)];
    const applied = { namespace, group: parts.at(-2) ?? '', kind };
    if (parts.length >= 4 && kind !== '' && known.size < limits.kube.appliedKinds) known.set(JSON.stringify(applied), applied);
  }
  return [...known.values()];
}
