import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { root } from '../house/house-files.ts';

const labels = z.record(z.string(), z.string());

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
});

const container = z.object({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
});
export type Container = z.infer<typeof container>;

const volume = z.object({
  name: z.string(),
  configMap: z.object({ name: z.string() }).optional(),
  secret: z.object({ secretName: z.string(), defaultMode: z.number() }).optional(),
});

const pod = z.object({
  metadata: z.object({ labels }),
  spec: z.object({
    serviceAccountName: z.string(),
    terminationGracePeriodSeconds: z.number(),
    securityContext: z.unknown(),
    containers: z.array(container),
    volumes: z.array(volume),
  }),
});
export type PodTemplate = z.infer<typeof pod>;

/** What runs pods. */
const workload = z.object({
  replicas: z.number(),
  selector: z.object({ matchLabels: labels }),
  template: pod,
  volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })).optional(),
});
export type Workload = z.infer<typeof workload>;

const service = z.object({
  selector: labels,
  ports: z.array(z.object({ name: z.string(), port: z.number(), targetPort: z.string() })),
});

const policyPort = z.object({ port: z.union([z.number(), z.string()]), protocol: z.string() });
const networkPolicy = z.object({
  podSelector: z.object({ matchLabels: labels }),
  policyTypes: z.array(z.string()),
  ingress: z.array(z.object({ from: z.array(z.unknown()).optional(), ports: z.array(policyPort) })),
  egress: z.array(z.object({ ports: z.array(policyPort) })),
});

const rule = z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) });

const manifest = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional(), labels: labels.optional() }),
  data: z.record(z.string(), z.string()).optional(),
  rules: z.array(rule).optional(),
  spec: z.unknown().optional(),
});
export type Manifest = z.infer<typeof manifest> & { readonly file: string };

const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.literal('headgate'),
  resources: z.array(z.string()),
});

/** Directories below deploy/ that `kubectl apply -k` takes. */
export function setUps(): readonly string[] {
  return globSync('deploy/*/kustomization.yaml', { cwd: root }).map((file) => file.split('/')[1] ?? '');
}

/** The files that a set-up's kustomization lists. */
export function listedFiles(setUp: string): readonly string[] {
  return kustomization.parse(parse(readFileSync(join(root, 'deploy', setUp, 'kustomization.yaml'), 'utf8'))).resources;
}

/** All objects of one file, relative to the checkout. */
export function manifestsIn(file: string): readonly Manifest[] {
  const documents = parseAllDocuments(readFileSync(join(root, file), 'utf8'));
  return documents.map((document) => ({ ...manifest.parse(document.toJS()), file }));
}

/** All objects of a set-up. */
export function objectsOf(setUp: string): readonly Manifest[] {
  return listedFiles(setUp).flatMap((file) => manifestsIn(`deploy/${setUp}/${file}`));
}

export function workloadsOf(objects: readonly Manifest[]): readonly (Manifest & { readonly run: Workload })[] {
  return objects.flatMap((object) =>
    ['Deployment', 'StatefulSet'].includes(object.kind) ? [{ ...object, run: workload.parse(object.spec) }] : [],
  );
}

export function servicesOf(objects: readonly Manifest[]): readonly (Manifest & { readonly service: z.infer<typeof service> })[] {
  return objects.flatMap((object) => (object.kind === 'Service' ? [{ ...object, service: service.parse(object.spec) }] : []));
}

export function networkPoliciesOf(objects: readonly Manifest[]): readonly z.infer<typeof networkPolicy>[] {
  return objects.flatMap((object) => (object.kind === 'NetworkPolicy' ? [networkPolicy.parse(object.spec)] : []));
}
