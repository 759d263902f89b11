const versions: Readonly<Record<string, string>> = {
  'source-controller': 'v1.9.0',
  'kustomize-controller': 'v1.9.0',
  'helm-controller': 'v1.6.0',
  'notification-controller': 'v1.9.0',
};

const gates: Readonly<Record<string, readonly string[]>> = {
  'kustomize-controller': ['--feature-gates=CancelHealthCheckOnNewRevision=true,ExternalArtifact=true'],
  'helm-controller': ['--feature-gates=CancelHealthCheckOnNewRevision=true,ExternalArtifact=true'],
};

/** The Deployments that `flux install` makes, with the labels and arguments that tell what runs. */
export function fluxControllers(): readonly object[] {
  return Object.entries(versions).map(([name, version]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'flux-system', name, labels: { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/component': name } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'manager', image: `ghcr.io/fluxcd/${name}:${version}`, args: gates[name] ?? [] }] },
      },
    },
  }));
}
