import { z } from 'zod';
import { name } from '#config/name.ts';
import { secretRef } from '#config/secret-ref.ts';

/** The schema of a source type that only these tests know. */
const toySource = z.discriminatedUnion('type', [
  z.strictObject({ name, type: z.literal('toy'), webhook: z.strictObject({ secrets: z.array(secretRef).min(1) }) }),
  z.strictObject({ name, type: z.literal('other'), level: z.number().int().max(9).default(3) }),
]);

/** What loadConfig needs to know of them, and of a kind of sink. */
export const toys = { source: toySource, sink: z.strictObject({ name, flux: z.strictObject({ cluster: name }).optional() }) };
