import { BREAD, HG, mercurialSource, type MercurialAddress } from './mercurial.ts';

/** Addresses of the server's listeners, `host:port`. */
export interface Listen {
  readonly webhook: string;
  readonly web: string;
  readonly metrics: string;
  readonly health: string;
}

export const defaultListen: Listen = {
  webhook: '127.0.0.1:9292',
  web: '127.0.0.1:9080',
  metrics: '127.0.0.1:8080',
  health: '127.0.0.1:9440',
};

/** Name of the cluster, in the config and in its kubeconfig. */
export const CLUSTER = 'sandbox';
/** Name of the source, and the last part of its webhook URL. */
export const SOURCE = 'hub';

/** Name of the source that Gerrit is, and of the account that Headgate has there. */
export const REVIEW = 'review';
export const REVIEW_ACCOUNT = 'headgate';

/** Where the simulated Gerrit is. */
export interface GerritAddress {
  readonly url: string;
  readonly sshPort: number;
}

/** @param github base URL of the simulated GitHub @param mercurial null where there is none */
export function configDocument(listen: Listen, github: string, gerrit: GerritAddress, mercurial: MercurialAddress | null): string {
  return `# Written by \`headgate sandbox\`, anew at each start. Relative paths are relative to this file.
apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen:
    webhook: ${JSON.stringify(listen.webhook)} # the simulated GitHub sends its webhooks here
    web: ${JSON.stringify(listen.web)} # the API
    metrics: ${JSON.stringify(listen.metrics)}
    health: ${JSON.stringify(listen.health)}

  # Everything that is accepted is kept here.
  journal: { sqlite: { path: ./data/headgate.db } }

  # The simulated cluster: the Kubernetes API with Flux's controllers behind it.
  clusters:
    - { name: ${CLUSTER}, kubeconfig: { path: ./kubeconfig, context: ${CLUSTER} } }

  # The simulated GitHub: real git repositories behind it.
  sources:
    - name: ${SOURCE}
      type: github
      url: ${github}
      webhook: { secrets: [{ file: ./secrets/${SOURCE}-webhook }] }
      api: { token: { file: ./secrets/${SOURCE}-api } } # changes are read back; without it policies must say \`confirmed: false\`

    # The simulated Gerrit: its events are listened to by SSH, changes are read back by REST and git, and are told what became of them.
    - name: ${REVIEW}
      type: gerrit
      url: ${gerrit.url}
      ssh:
        port: ${gerrit.sshPort}
        user: ${REVIEW_ACCOUNT}
        key: { file: ./secrets/${REVIEW}-key }
        knownHosts: { file: ./secrets/${REVIEW}-known-hosts }
      http: { user: ${REVIEW_ACCOUNT}, token: { file: ./secrets/${REVIEW}-token } }
      feedback: { messages: true }
${mercurial ? mercurialSource(mercurial) : ''}
  # Who may bring which change to which namespaces. What no policy allows is denied.
  policies: { path: ./policies }

  # For trying out only: anybody on this machine may read.
  web: { openReading: true }
  log: { level: warn, encoding: console }
`;
}

/** File name → content. */
export const policyDocuments: Readonly<Record<string, string>> = {
  'menu.yaml': policy('menu', 'The menu is what was reviewed in Gerrit: its submit requirements were met, and nobody pushed past them.', {
    source: REVIEW,
    repository: 'acme/menu',
    more: ['reviewed: true'],
  }),
  'shop.yaml': policy('shop', 'The shop comes from its own main branch.', { source: SOURCE, repository: 'acme/shop' }),
  'payments.yaml': policy('payments', "Payments come from their own repository: the shop's code has no business here.", {
    source: SOURCE,
    repository: 'acme/payments',
  }),
};

/** Beside them, where there is a Mercurial. */
export const mercurialPolicies: Readonly<Record<string, string>> = {
  'bread.yaml': policy('bread', 'Bread comes from the default branch of a Mercurial repository.', {
    source: HG,
    repository: BREAD.repository,
    ref: '"branch:default"',
  }),
};

interface From {
  readonly source: string;
  readonly repository: string;
  readonly ref?: string;
  readonly more?: readonly string[];
}

function policy(namespace: string, why: string, { source, repository, ref = 'refs/heads/main', more = [] }: From): string {
  return `# ${why}
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: ${namespace} }
spec:
  mode: enforce # audit: allow everything and record what would have been denied
  targets:
    - { clusters: [${CLUSTER}], namespaces: [${namespace}] } # namespaces that are written to
  changes:
    - source: ${source}
      repositories: [${repository}]
      refs: [${ref}]
${more.map((line) => `      ${line}\n`).join('')}`;
}
