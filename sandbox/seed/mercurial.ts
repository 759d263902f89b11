/** Name of the source that Mercurial is. */
export const HG = 'hg';
/** The repository, the directory of it that is published, and where in the registry. */
export const BREAD = { repository: 'bread', path: 'deploy', artifact: 'bread-deploy', tag: 'default' } as const;

/** Where the real hg and the simulated registry are. */
export interface MercurialAddress {
  readonly url: string;
  /** `127.0.0.1:40000` */
  readonly registry: string;
}

/** The entry of `sources`. */
export function mercurialSource({ url, registry }: MercurialAddress): string {
  return `
    # A real Mercurial, served by hgweb: what policies allow is published to the simulated registry, from where Flux fetches it.
    - name: ${HG}
      type: hg
      url: ${url}
      webhook: { secrets: [{ file: ./secrets/${HG}-hook }] }
      web: {}
      registries: [{ host: "${registry}", plainHttp: true }]
      publish:
        - { repository: ${BREAD.repository}, ref: "branch:default", path: ${BREAD.path}, oci: "oci://${registry}/${BREAD.artifact}:${BREAD.tag}" }
`;
}

/** What follows the artifact. */
export function mercurialObjects({ registry }: MercurialAddress): readonly object[] {
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { namespace: 'bread', name: 'bread' },
      spec: { interval: '30m', insecure: true, url: `oci://${registry}/${BREAD.artifact}`, ref: { tag: BREAD.tag } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { namespace: 'bread', name: 'bread' },
      spec: {
        interval: '30m',
        retryInterval: '1m',
        path: './',
        prune: true,
        serviceAccountName: 'deployer',
        targetNamespace: 'bread',
        sourceRef: { kind: 'OCIRepository', name: 'bread' },
      },
    },
  ];
}
