import { z } from 'zod';

const metadataShape = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).optional(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  managedFields: z.array(z.looseObject({})).optional(),
});

const objectShape = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: metadataShape.default({}),
});

/** An object as a client may send it. */
export type Manifest = z.infer<typeof objectShape>;

/** An object as the store holds it. Treat as immutable: a write makes a new one. */
export interface KubeObject extends Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Manifest['metadata'] & {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
  };
}

/**
 * Checks that plain data is shaped like a Kubernetes object.
 * @throws ZodError
 */
export function parseManifest(value: unknown): Manifest {
  return objectShape.parse(value);
}

/** `apps/webapp`, or `apps` for what has no namespace. */
export function nameOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}
