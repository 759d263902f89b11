import { z } from 'zod';
import { hasStatus } from '../api-error.ts';
import type { Connection } from '../connection.ts';

const deployments = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
      spec: z.object({
        replicas: z.number().default(1),
        template: z.object({
          spec: z.object({
            containers: z
              .array(z.object({ name: z.string(), image: z.string().default(''), args: z.array(z.string()).default([]) }))
              .min(1),
          }),
        }),
      }),
      status: z.object({ readyReplicas: z.number().default(0) }).default({ readyReplicas: 0 }),
    }),
  ),
});

/** One of Flux's controllers as its Deployment describes it. */
export interface FluxController {
  readonly name: string;
  readonly namespace: string;
  /** `v1.9.2`; null when the image is named by digest alone. */
  readonly version: string | null;
  readonly args: readonly string[];
  readonly ready: boolean;
  readonly replicas: number;
}

/** Everywhere when that is allowed, else where Flux is installed by default. */
export async function readControllers(connection: Connection): Promise<readonly FluxController[]> {
  const selector = 'labelSelector=app.kubernetes.io%2Fpart-of%3Dflux';
  const read = (place: string): Promise<unknown> =>
    connection.send({ method: 'GET', path: `/apis/apps/v1/${place}deployments?${selector}` });
  const answer = await read('').catch((error: unknown) => {
    if (hasStatus(error, 403)) return read('namespaces/flux-system/');
    throw error;
  });
  return deployments.parse(answer).items.map(({ metadata, spec, status }) => {
    const containers = spec.template.spec.containers;
    const manager = containers.find(({ name }) => name === 'manager') ?? containers[0];
    return {
      name: metadata.name,
      namespace: metadata.namespace,
      version: versionOf(manager?.image ?? '') ?? metadata.labels['app.kubernetes.io/version'] ?? null,
      args: manager?.args ?? [],
      ready: status.readyReplicas > 0,
      replicas: spec.replicas,
    };
  });
}

function versionOf(image: string): string | undefined {
  return /:(v?\d[\w.+-]*)(@|$)/.exec(image)?.[1];
}
