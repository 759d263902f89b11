import type { z } from 'zod';

interface Spec {
  readonly clusters: readonly {
    readonly name: string;
    readonly access?: { readonly subjects: readonly { readonly issuer: string }[] } | undefined;
  }[];
  readonly identity?: { readonly issuers: readonly { readonly name: string; readonly cluster: string | null }[] } | undefined;
}

/** What issuers and clusters say of each other must be there. */
export function authorityNames({ clusters, identity }: Spec, context: z.core.$RefinementCtx): void {
  const issuers = identity?.issuers ?? [];
  const check = knownAmong(context);
  issuers.forEach(({ cluster }, index) => {
    if (cluster !== null) check(cluster, clusters, 'cluster', ['identity', 'issuers', index, 'cluster']);
  });
  clusters.forEach(({ access }, at) =>
    access?.subjects.forEach(({ issuer }, index) =>
      check(issuer, issuers, 'issuer', ['clusters', at, 'access', 'subjects', index, 'issuer']),
    ),
  );
}

function knownAmong(context: z.core.$RefinementCtx) {
  return (name: string, list: readonly { readonly name: string }[], what: 'cluster' | 'issuer', path: PropertyKey[]): void => {
    if (list.some((one) => one.name === name)) return;
    const add = what === 'cluster' ? 'add it to spec.clusters' : 'add it to spec.identity.issuers';
    const hint = list.length > 0 ? `one of: ${list.map((one) => one.name).join(', ')}` : add;
    context.addIssue({ code: 'custom', path, message: `\`${name}\` is no configured ${what}`, params: { hint } });
  };
}
