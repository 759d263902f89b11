import { randomBytes } from 'node:crypto';
import type { GithubPlace, Surroundings } from './discover.ts';
import { mercurialChange, mercurialText } from './mercurial-templates.ts';
import { quoted } from './quoted.ts';

/** The first Config: only what differs from the defaults, each part with a word on what it does. */
export function configText({ source, cluster }: Surroundings): string {
  return `# Config of Headgate. Every key: docs/reference/config.md. After a change: headgate config validate
apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  # Where forges send their webhooks. Everything else listens on the loopback address by default:
  # API 127.0.0.1:9080, metrics 127.0.0.1:8080, probes 127.0.0.1:9440.
  # Put a proxy that ends TLS in front, or set spec.tls.webhook: docs/how-to/expose-safely.md
  listen:
    webhook: 127.0.0.1:9292

  # What was accepted, decided and done. One file; operator.token of the CLI lies beside it.
  journal:
    sqlite:
      path: ./data/headgate.db

  # Clusters whose Flux objects are watched and triggered. What Headgate may do there: docs/how-to/rbac.md
  clusters:${clusterText(cluster)}

  # Forges. Webhook URL: /hooks/<name>
  sources:
${source.type === 'hg' ? mercurialText(source) : githubText(source)}

  # Who may bring which change to which namespaces. Nothing is allowed that no policy allows.
  policies:
    path: ./policies

  # Whose tokens are believed, so that pipelines can ask for a reconcile: docs/how-to/reconcile-from-ci.md
  # identity:
  #   audience: https://headgate.example.com
  #   issuers:
  #     - { name: actions, preset: github-actions }

  # Who is told of decisions and outcomes, for example the Alerts of a cluster's Flux: docs/how-to/tell.md
  # tell:
  #   - name: alerts
  #     flux: { cluster: prod }
`;
}

function githubText({ url }: GithubPlace): string {
  return `    - name: github
      type: github
      url: ${quoted(url)}
      # Other addresses under which clusters know these repositories, for example of a mirror:
      # aliases: [ "https://git.mirror.example.com" ]
      webhook:
        # The value lies in the file; several while one replaces another: docs/how-to/rotate-secrets.md
        secrets:
          - file: ./secrets/github-webhook
      # Lets changes be confirmed and missed webhooks be found: docs/how-to/read-back.md
      # api: { token: { file: ./secrets/github-token } }`;
}

function githubChange({ repository }: GithubPlace): string {
  return `    - source: github
      repositories: [${quoted(repository)}]
      refs: [refs/heads/main]
      # Takes the signed word of a webhook for it. Remove this once the source has \`api\` or \`git\`: docs/how-to/read-back.md
      confirmed: false
`;
}

function clusterText(cluster: Surroundings['cluster']): string {
  if (cluster === null) return ' []\n  #  - name: prod\n  #    kubeconfig: { path: /path/to/kubeconfig, context: prod }';
  if (cluster.kubeconfig === null) return `\n    - name: ${quoted(cluster.name)}\n      inCluster: {}`;
  const { path, context } = cluster.kubeconfig;
  return `\n    - name: ${quoted(cluster.name)}\n      kubeconfig:\n        path: ${quoted(path)}\n        context: ${quoted(context)}`;
}

/** The first policy: one repository's main branch. */
export function policyText({ source, cluster, namespace }: Surroundings): string {
  return `# A change that fits one of \`changes\` may come to every namespace that one of \`targets\` selects.
# Every key: docs/reference/policy.md
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata:
  name: first
spec:
  # audit: allow everything, and record what enforce would have decided.
  mode: enforce
  # advisory: Headgate triggers only what is allowed, but Flux still polls by itself: this is not a gate yet.
  enforcement: advisory
  targets:
    # Where objects are written, not where the Flux object lies.
    - clusters: [${quoted(cluster?.name ?? '*')}]
      namespaces: [${quoted(namespace)}]
  changes:
${source.type === 'hg' ? mercurialChange(source) : githubChange(source)}`;
}

/** A new webhook secret: 256 random bits in hex. */
export function secretText(): string {
  return `${randomBytes(32).toString('hex')}\n`;
}
