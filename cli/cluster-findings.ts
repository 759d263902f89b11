import { bad, good, warn, type Finding } from './findings.ts';
import type { Checks } from './schema.ts';
import { printable } from './text.ts';

const rights = 'Apply deploy/rbac.yaml, or give the account this right another way: docs/how-to/rbac.md.';

/** What the API servers themselves say: version, which of Flux's kinds they serve, and what Headgate may do there. Pure. */
export function clusterFindings({ clusters }: Checks): readonly Finding[] {
  return clusters.flatMap((check) => {
    const name = `cluster ${printable(check.cluster)}`;
    if (!check.reachable) {
      const why = check.message === null ? '' : `: ${printable(check.message)}`;
      return [
        bad(`${name}: no answer${why}`, 'Check the address and credentials of its kubeconfig; reconciles are kept and retried meanwhile.'),
      ];
    }
    return [
      good(`${name}: Kubernetes ${printable(check.version ?? 'of unknown version')}`),
      ...kindFindings(name, check),
      ...accessFindings(name, check),
    ];
  });
}

function kindFindings(name: string, { kinds }: Checks['clusters'][number]): readonly Finding[] {
  const served = kinds.filter((kind) => kind.served === true).map(({ kind }) => kind);
  const absent = kinds.filter((kind) => kind.served === false).map(({ kind }) => kind);
  const also = absent.length === 0 ? '' : `; not installed: ${absent.join(', ')}`;
  if (served.length > 0) return [good(`${name}: Flux kinds: ${served.join(', ')}${also}`)];
  return [warn(`${name}: none of Flux's kinds is served`, 'Install Flux; Headgate notices by itself.')];
}

/** A missing right on a kind that is not installed does no harm. */
function accessFindings(name: string, { kinds, access }: Checks['clusters'][number]): readonly Finding[] {
  const absent = kinds.filter((kind) => kind.served === false).map(({ kind }) => kind.toLowerCase());
  const matters = access.filter(({ resource }) => !absent.some((kind) => resource.startsWith(kind.replace(/y$/, ''))));
  const denied = matters.filter(({ allowed }) => allowed === false);
  const unknown = matters.filter(({ allowed }) => allowed === null);
  return [
    ...(denied.length === 0 && unknown.length === 0 ? [good(`${name}: all rights that are needed`)] : []),
    ...denied.map(({ verb, resource }) => bad(`${name}: may not ${verb} ${printable(resource)}`, rights)),
    ...(unknown.length === 0 ? [] : [warn(`${name}: rights that could not be asked for: ${unknown.length}`, rights)]),
  ];
}
