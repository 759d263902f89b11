/** What the config says of the clusters that objects of one cluster write to by `spec.kubeConfig`. */
export interface RemoteConfig {
  readonly namespace: string;
  readonly secret?: string | undefined;
  readonly configMap?: string | undefined;
  /** As policies name it. */
  readonly cluster: string;
}

/** Name of the cluster that a kubeconfig leads to (`secret/flux-system/edge`, in the cluster of that name); undefined when it is not configured. */
export type RemoteClusters = (cluster: string, kubeConfig: string | null) => string | undefined;

export const noRemotes: RemoteClusters = () => undefined;

export function remoteClusters(
  clusters: readonly { readonly name: string; readonly remotes?: readonly RemoteConfig[] | undefined }[],
): RemoteClusters {
  const known = new Map(
    clusters.flatMap(({ name, remotes = [] }) =>
      remotes.map(({ namespace, secret, configMap, cluster }) => {
        const holder = secret === undefined ? `configMap/${namespace}/${configMap}` : `secret/${namespace}/${secret}`;
        return [`${name} ${holder}`, cluster] as const;
      }),
    ),
  );
  return (cluster, kubeConfig) => (kubeConfig === null ? undefined : known.get(`${cluster} ${kubeConfig}`));
}
