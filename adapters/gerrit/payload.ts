import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';

const { accountChars, repositoryChars, refChars } = limits.hint;

/** Hex of SHA-1; all zeros for "no object". */
const objectId = z.string().regex(fullCommitId);

/** Servers up to 2.x write numbers as strings. */
const number = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

/** What no name of a project holds (Gerrit's LocalDiskRepositoryManager.isUnreasonableName), and control characters. */
const unreasonable = /[\\?%*:<>|$~\p{Cc}]|\/\+/u;

const project = z
  .string()
  .min(1)
  .max(repositoryChars)
  .refine((name) => !unreasonable.test(name) && isPlainPath(name));

/**
 * `project` is a string on the stream, and an object in webhooks and in the events-log: those are written by another Gson.
 */
const eitherProject = z.union([project, z.object({ name: project }).transform(({ name }) => name)]);

/** Before 2.13 `ref-updated` named branches without `refs/heads/`. Not checked to be a ref here: most of them are none of ours. */
const refName = z.string().min(1).max(refChars);

/**
 * "Account": every field may be missing, and `username` is empty for an author without an account. The other two can be changed by their owner.
 */
const account = z.object({ username: z.string().max(accountChars).nullish() });

/** Seconds since the epoch, as far as dates go. */
const eventCreatedOn = number.refine((seconds) => seconds <= 8.64e12).nullish();

/** What Headgate reads of `ref-updated` ("gerrit stream-events": Ref Updated). `submitter` is absent where Gerrit itself moved the ref. */
export const RefUpdated = z
  .object({
    submitter: account.nullish(),
    refUpdate: z.object({ oldRev: objectId, newRev: objectId, refName, project }),
    eventCreatedOn,
  })
  .refine(({ refUpdate: { oldRev, newRev } }) => !(isZero(oldRev) && isZero(newRev)), { message: 'oldRev and newRev are both zero' });
export type RefUpdated = z.infer<typeof RefUpdated>;

/**
 * What Headgate reads of `change-merged`. `newRev` is the tip of the branch after everything that was submitted together with the change, and
 * old servers leave it out. `refName` is full; `change.branch` lacks `refs/heads/`.
 */
export const ChangeMerged = z
  .object({
    submitter: account.nullish(),
    newRev: objectId.nullish(),
    patchSet: z.object({ revision: objectId }).nullish(),
    change: z.object({ project: project.nullish(), branch: refName, number }),
    project: eitherProject.nullish(),
    refName: refName.nullish(),
    eventCreatedOn,
  })
  .transform((event, context) => {
    const repository = event.change.project ?? event.project;
    if (typeof repository === 'string') return { ...event, repository };
    context.addIssue({ code: 'custom', message: 'names no project' });
    return z.NEVER;
  });
export type ChangeMerged = z.infer<typeof ChangeMerged>;

/** What every event has. */
export const AnyEvent = z.object({ type: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/) });

/** Git's "no object". */
export function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
