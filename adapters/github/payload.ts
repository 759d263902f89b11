import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import { isFullRef } from '#core/refs.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';

const { accountChars, repositoryChars } = limits.hint;

/** Hex of SHA-1 or SHA-256. */
const objectId = z.string().regex(fullCommitId);

const fullName = z
  .string()
  .max(repositoryChars)
  .regex(/^[\w.-]+\/[\w.-]+$/)
  .refine(isPlainPath);

/** Seconds in pushes, ISO 8601 elsewhere. */
const moment = z.union([z.int().nonnegative().max(8.64e12), z.iso.datetime({ offset: true })]);

const sender = z.object({
  login: z.string().min(1).max(accountChars),
  id: z.int().nonnegative(),
  type: z.string().max(accountChars).optional(),
});

/**
 * What Headgate reads of a `push` (docs.github.com "Webhook events and payloads"). Whether the ref was created or deleted
 * is told by an all-zero `before` or `after`; both zero is no push.
 */
export const Push = z
  .object({
    ref: z.string().refine(isFullRef),
    before: objectId,
    after: objectId,
    forced: z.boolean(),
    head_commit: z.object({ id: objectId }).nullable(),
    repository: z.object({ full_name: fullName, pushed_at: moment.nullish() }),
    pusher: z.object({ name: z.string().min(1).max(accountChars) }).optional(),
    sender: sender.optional(),
  })
  .refine((push) => !(isZero(push.before) && isZero(push.after)), { message: 'before and after are both zero' });
export type Push = z.infer<typeof Push>;

/** Git's "no object". */
export function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
