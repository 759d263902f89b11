import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';
import { isSourceRef } from '#core/refs.ts';

const path = z
  .string()
  .min(1)
  .max(limits.glob.subjectChars)
  .refine((text) => !/[\p{Cc}\\]/u.test(text) && isPlainPath(text), {
    error: 'must be a path from the root, without slashes at its ends, `.` and `..`',
  });

/** What `POST /v1/preflight` takes. */
export const PreflightBody = z.strictObject({
  source: z.string().min(1).max(limits.http.filterChars).exactOptional(),
  repository: z.string().min(1).max(limits.url.chars),
  ref: z.string().refine(isSourceRef, 'must be a full ref such as refs/heads/main or branch:default'),
  revision: z.string().regex(fullCommitId, 'must be a full commit id').exactOptional(),
  paths: z.array(path).max(limits.explain.paths).exactOptional(),
  files: z.array(z.strictObject({ path, text: z.string() })).max(limits.preflight.files),
});
export type PreflightBody = z.infer<typeof PreflightBody>;
