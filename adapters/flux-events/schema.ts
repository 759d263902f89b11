import { z } from 'zod';
import { baseUrl } from '#config/http-url.ts';
import { name } from '#config/name.ts';

/** `spec.tell[].flux`. */
export const FluxEventsConfig = z.strictObject({
  cluster: name.describe("The cluster whose targets' news its Alerts are to deliver: a name of `spec.clusters`."),
  url: baseUrl
    .default('http://notification-controller.flux-system.svc.cluster.local.')
    .describe("Where that cluster's notification-controller takes events. The default reaches it from within the cluster."),
});
export type FluxEventsConfig = z.infer<typeof FluxEventsConfig>;
