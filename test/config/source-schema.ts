import { z } from 'zod';
import { name } from '#config/name.ts';
import { secretRef } from '#config/secret-ref.ts';

/** The schema of a source type that only these tests know. */
export const toySource = z.discriminatedUnion('type', [
  z.strictObject({ name, type: z.literal('toy'), webhook: z.strictObject({ secrets: z.array(secretRef).min(1) }) }),
  z.strictObject({ name, type: z.literal('other'), level: z.number().int().max(9).default(3) }),
]);
