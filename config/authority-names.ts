import type { z } from 'zod';

interface Named {
  readonly name: string;
}

interface Spec {
  readonly clusters: readonly Named[];
  readonly identity?: { readonly issuers: readonly { readonly cluster: string | null }[] } | undefined;
}

/** What issuers and clusters say of each other must be there. */
export function authorityNames({ clusters, identity }: Spec, context: z.core.$RefinementCtx): void {
  const known = clusters.map(({ name }) => name);
  identity?.issuers.forEach(({ cluster }, index) => {
    if (cluster === null || known.includes(cluster)) return;
    const hint = known.length > 0 ? `one of: ${known.join(', ')}` : 'add it to spec.clusters';
    const path = ['identity', 'issuers', index, 'cluster'];
    context.addIssue({ code: 'custom', path, message: `\`${cluster}\` is no configured cluster`, params: { hint } });
  });
}
