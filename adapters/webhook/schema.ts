import { z } from 'zod';
import { privateUrl } from '#config/http-url.ts';
import { secretRef } from '#config/secret-ref.ts';
import { newsKinds } from '#core/news.ts';

/** `spec.tell[].webhook`. */
export const WebhookConfig = z.strictObject({
  url: privateUrl.describe(
    'Where news are sent: https, or http within the machine or the cluster (loopback, a name without a dot, or one below `.svc` or `.cluster.local`).',
  ),
  secrets: z
    .array(secretRef)
    .min(1, { error: 'at least one secret: without it the receiver could not tell who sent something' })
    .describe('What is signed with, as text or as `whsec_` and base64. Several while one replaces another: each signs.'),
  kinds: z.array(z.enum(newsKinds)).min(1).optional().describe('Only these news. Absent = all.'),
});
export type WebhookConfig = z.infer<typeof WebhookConfig>;
