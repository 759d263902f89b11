import { z } from 'zod';
import { name, uniqueNames } from '#config/name.ts';

const kubeconfig = z.strictObject({
  path: z.string().min(1).describe("Path of the kubeconfig; relative to the config file's directory."),
  context: z.string().min(1).optional().describe('Context to use. Absent = its current context.'),
});

const cluster = z
  .strictObject({
    name: name.describe('How the cluster is called in policies, target keys, logs and metrics.'),
    kubeconfig: kubeconfig.optional().describe('Connects with a kubeconfig.'),
    inCluster: z.strictObject({}).optional().describe("Connects to the cluster that Headgate runs in, with its pod's service account."),
  })
  .superRefine((value, context) => {
    if ((value.kubeconfig === undefined) !== (value.inCluster === undefined)) return;
    context.addIssue({
      code: 'custom',
      message: 'must have exactly one of `kubeconfig` and `inCluster`',
      params: { hint: 'kubeconfig: { path: ./kubeconfig, context: prod } or inCluster: {}' },
    });
  })
  .meta({ oneOf: [{ required: ['kubeconfig'] }, { required: ['inCluster'] }] });

/** `spec.clusters`. */
export const clustersSchema = z
  .array(cluster)
  .superRefine(uniqueNames)
  .default([])
  .describe('Clusters whose Flux objects are watched and triggered.');
