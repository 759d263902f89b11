import type { IdentityConfig } from '#config/identity-schema.ts';

/** Clusters that are asked whose tokens are. */
export function reviewingClusters({ identity }: { readonly identity?: IdentityConfig | undefined }): ReadonlySet<string> {
  return new Set(identity?.issuers.flatMap(({ cluster }) => cluster ?? []));
}
