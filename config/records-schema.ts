import { z } from 'zod';
import { duration } from '#config/duration.ts';
import { fileRef } from '#config/file-ref.ts';
import { privateUrl } from '#config/http-url.ts';
import { name, uniqueNames } from '#config/name.ts';
import { secretRef } from '#config/secret-ref.ts';

const anchor = z.strictObject({
  name: name.describe('Name of the anchor, in findings and the log.'),
  webhook: z
    .strictObject({
      url: privateUrl.describe('Where each checkpoint is sent: https, or http within the machine or the cluster.'),
      secrets: z
        .array(secretRef)
        .min(1, { error: 'at least one secret: without it the anchor could not tell who sent a checkpoint' })
        .describe('What is signed with, as text or as `whsec_` and base64. Several while one replaces another: each signs.'),
    })
    .describe('Sends checkpoints as Standard Webhooks.'),
});

/** `spec.records.anchors[]`. */
export type AnchorConfig = z.output<typeof anchor>;

/** `spec.records`. */
export const recordsSchema = z.strictObject({
  key: fileRef
    .optional()
    .describe('Ed25519 key in PEM that signs checkpoints; made at the first start. Absent = `records.key` in the data directory.'),
  checkpoint: z
    .strictObject({
      every: duration.prefault('10m').describe('The latest moment for a checkpoint, counted from the first record that none stands for.'),
      records: z.number().int().min(1).max(1_000_000).default(1_000).describe('After so many records there is one at once.'),
      file: z
        .string()
        .min(1)
        .optional()
        .describe('Where checkpoints are added. Absent = `checkpoints` in the data directory; better on another machine or medium.'),
    })
    .prefault({})
    .describe('Signed checkpoints of the chain of records.'),
  anchors: z
    .array(anchor)
    .default([])
    .superRefine(uniqueNames)
    .describe('Who else gets each checkpoint: places that whoever runs this server cannot rewrite.'),
});
