import { apiVersionOf, type Kind } from '#sandbox/cluster/kinds.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** What `/api`, `/apis` and the paths of groups and versions answer; undefined when nothing is served there. */
export function discover(path: string, kinds: readonly Kind[]): unknown {
  const [root, group, version, ...more] = path.split('/').filter((segment) => segment !== '');
  if (more.length > 0) return undefined;
  if (root === 'api') return discoverCore(group, version, kinds);
  if (root !== 'apis') return undefined;
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(kinds) };
  if (version === undefined) return discoverGroup(group, kinds);
  return resourceList(`${group}/${version}`, kinds);
}

function discoverCore(version: string | undefined, more: string | undefined, kinds: readonly Kind[]): unknown {
  if (version === undefined) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  return more === undefined ? resourceList(version, kinds) : undefined;
}

function groups(kinds: readonly Kind[]): readonly object[] {
  const names = new Set(kinds.map((kind) => kind.group).filter((group) => group !== ''));
  return [...names].sort().map((name) => groupOf(name, kinds));
}

function groupOf(name: string, kinds: readonly Kind[]): object {
  const served = new Set(kinds.filter((kind) => kind.group === name).map((kind) => kind.version));
  const versions = [...served].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function discoverGroup(name: string, kinds: readonly Kind[]): unknown {
  if (!kinds.some((kind) => kind.group === name)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, kinds) };
}

function resourceList(groupVersion: string, kinds: readonly Kind[]): unknown {
  const served = kinds.filter((kind) => apiVersionOf(kind) === groupVersion);
  if (served.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(resources) };
}

function resources({ plural, kind, namespaced, status }: Kind): readonly object[] {
  const main = { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: VERBS };
  if (!status) return [main];
  return [main, { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] }];
}
