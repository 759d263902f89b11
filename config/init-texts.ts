/** What could be found out about this machine. */
export interface Findings {
  /** The kubeconfig in use (KUBECONFIG or ~/.kube/config), null when there is none. */
  readonly kubeconfig: { readonly path: string; readonly contexts: readonly string[]; readonly current: string | null } | null;
  /** Whether this runs in a pod of a cluster. */
  readonly inCluster: boolean;
  /** Full name of a repository to begin with, for example of the checkout at hand; null when none is known. */
  readonly repository: string | null;
}

/** The first headgate.yaml. */
export function firstConfig(findings: Findings): string {
  return `# Headgate's configuration. Every key: docs/reference/config.md; check it with \`headgate config validate\`.
# Relative paths are relative to this file.
apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen:
    webhook: "127.0.0.1:9292" # for forges; 0.0.0.0:9292 to be reached without a proxy on this machine
    web: "127.0.0.1:9080" # API and pages
    metrics: "127.0.0.1:8080"
    health: "127.0.0.1:9440"

  # Everything that is accepted is kept here.
  journal: { sqlite: { path: ./data/headgate.db } }

  # Clusters whose Flux objects are watched and triggered.
${clusters(findings)}
  # Where changes come from: POST /hooks/<name> is the webhook URL of each.
  sources:
    - name: hub
      type: github
      url: https://github.com
      webhook:
        # Several are live at once, so that a secret can be rotated: add the new one, change it at GitHub, remove the old one.
        secrets: [{ file: ./secrets/hub-webhook }]

  # Who may bring which change to which namespaces. What no policy allows is denied.
  policies: { path: ./policies }

  retention: { bodies: 30d, records: 400d }
`;
}

/** The first policy. It fits nothing by chance: what it does not name is denied, and the decision says why. */
export function firstPolicy(findings: Findings): string {
  const { name } = firstCluster(findings);
  const repository = findings.repository ?? 'your-org/your-repository';
  return `# Which changes may come to which namespaces. Every key: docs/reference/policy.md.
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: first }
spec:
  mode: enforce # audit: allow everything and record what would have been denied
  targets:
    - { clusters: [${JSON.stringify(name)}], namespaces: [default] } # namespaces that are written to
  changes:
    - source: hub
      repositories: [${JSON.stringify(repository)}] # patterns: your-org/*
      refs: [refs/heads/main]
      confirmed: false # trusts the signed webhook: this version does not read changes back from GitHub
`;
}

/** What is left to do by hand. */
export function githubSteps(configFile: string, secretFile: string): readonly string[] {
  return [
    'Put your repository and namespaces into policies/first.yaml.',
    [
      'At GitHub, in the repository (or organisation): Settings, Webhooks, Add webhook:',
      '  Payload URL   https://<public name of this machine>/hooks/hub, forwarded to 127.0.0.1:9292',
      '  Content type  application/json',
      `  Secret        the content of ${secretFile}`,
      '  Events        Just the push event',
    ].join('\n'),
    `headgate config validate --config ${configFile}`,
    `headgate serve --config ${configFile}`,
  ];
}

interface FirstCluster {
  readonly name: string;
  readonly entry: string | null;
}

function clusters(findings: Findings): string {
  const { entry } = firstCluster(findings);
  if (entry === null) {
    return '  # None was found: there is no kubeconfig on this machine.\n  # clusters:\n  #   - { name: prod, kubeconfig: { path: ./kubeconfig, context: prod } }\n';
  }
  const { kubeconfig } = findings;
  const others = (kubeconfig?.contexts ?? []).filter((context) => context !== chosenContext(findings));
  const lines = others.map((context) => `    # - ${kubeconfigEntry(kubeconfig?.path ?? '', context)}`);
  return ['  clusters:', `    - ${entry}`, ...lines, ''].join('\n');
}

function firstCluster(findings: Findings): FirstCluster {
  const context = chosenContext(findings);
  if (findings.kubeconfig !== null && context !== null) {
    return { name: clusterName(context), entry: kubeconfigEntry(findings.kubeconfig.path, context) };
  }
  if (findings.inCluster) return { name: 'local', entry: '{ name: local, inCluster: {} }' };
  return { name: 'prod', entry: null };
}

function chosenContext({ kubeconfig }: Findings): string | null {
  if (kubeconfig === null) return null;
  const { current, contexts } = kubeconfig;
  return current !== null && contexts.includes(current) ? current : (contexts[0] ?? null);
}

function kubeconfigEntry(path: string, context: string): string {
  return `{ name: ${JSON.stringify(clusterName(context))}, kubeconfig: { path: ${JSON.stringify(path)}, context: ${JSON.stringify(context)} } }`;
}

/** A DNS label made of a context's name; of `arn:aws:eks:eu-1:1:cluster/prod` and `gke_p_z_prod` the last part says most. */
function clusterName(context: string): string {
  const last = context.split(/[/_@:]/).findLast((part) => /[A-Za-z0-9]/.test(part)) ?? '';
  const label = last
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return label === '' ? 'prod' : /^[0-9]+$/.test(label) ? `cluster-${label}` : label;
}
