import type { IdentityConfig } from '#config/identity-schema.ts';

/** Issuers whose tokens a cluster is asked about, with its name: their subjects are its own service accounts. */
export function clusterIssuers({ identity }: { readonly identity?: IdentityConfig | undefined }): ReadonlyMap<string, string> {
  return new Map(identity?.issuers.flatMap(({ name, cluster }) => (cluster === null ? [] : [[name, cluster] as const])));
}
