import { STUCK } from '#sandbox/flux/deployment-controller.ts';

type Files = Readonly<Record<string, string>>;

/** What the repositories of the sandbox hold at first. */
export const shopFiles: Files = {
  'README.md': '# The shop\n\nFlux applies deploy/app and deploy/jobs.\n',
  'deploy/app/deployment.yaml': deployment('shop', 1),
  'deploy/app/config.yaml': configMap('shop', { greeting: 'Welcome', version: '1' }),
  'deploy/jobs/config.yaml': configMap('shop-jobs', { schedule: '@daily' }),
};

export const paymentsFiles: Files = {
  'deploy/config.yaml': configMap('payments', { provider: 'test' }),
};

/** What somebody wants in production without going through main. */
export const paymentsHotfix: Files = {
  'deploy/config.yaml': configMap('payments', { provider: 'test', hotfix: 'yes' }),
};

export const menuFiles: Files = {
  'deploy/config.yaml': configMap('menu', { dish: 'soup' }),
};

export const breadFiles: Files = {
  'deploy/config.yaml': configMap('bread', { loaf: 'rye' }),
};

/** Another loaf. */
export function breadChange(loaf: string): Files {
  return { 'deploy/config.yaml': configMap('bread', { loaf }) };
}

/** Another dish of the day. */
export function menuChange(dish: string): Files {
  return { 'deploy/config.yaml': configMap('menu', { dish }) };
}

/** The n-th change to the shop: a new greeting. */
export function shopChange(greeting: string, version: string): Files {
  return { 'deploy/app/config.yaml': configMap('shop', { greeting, version }) };
}

function configMap(name: string, data: Files): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  return ['apiVersion: v1', 'kind: ConfigMap', `metadata: { name: ${name} }`, 'data:', ...lines, ''].join('\n');
}

function deployment(name: string, replicas: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  # Never becomes ready in the sandbox with this, so that its health check fails:
  # annotations: { ${STUCK}: "true" }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: ${name}, image: "registry.example.com/${name}:1" }] }
`;
}
