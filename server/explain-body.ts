import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import { limits } from '#core/limits.ts';
import { isSourceRef } from '#core/refs.ts';
import type { Subject } from '#core/subject.ts';

const source = z.string().min(1).max(limits.http.filterChars).exactOptional();
const confirmed = z.boolean().exactOptional();
const paths = z.array(z.string().min(1).max(limits.glob.subjectChars)).max(limits.explain.paths).exactOptional();

/** Whoever would ask for it: the name of an issuer of the config, and what their token would claim. */
const subject = z
  .strictObject({
    issuer: z.string().min(1).max(limits.http.filterChars),
    claims: z.looseObject({ sub: z.string().min(1).max(limits.glob.subjectChars), iss: z.string().max(limits.url.chars).default('') }),
  })
  .transform(({ issuer, claims }): Subject => ({ issuer, iss: claims.iss, sub: claims.sub, claims }))
  .exactOptional();

const Supposed = z.strictObject({
  repository: z.string().min(1).max(limits.url.chars),
  ref: z.string().refine(isSourceRef, 'must be a full ref such as refs/heads/main, or branch:default'),
  source,
  revision: z.string().regex(fullCommitId, 'must be a full commit id').exactOptional(),
  paths,
  confirmed,
  subject,
});

const Event = z.strictObject({
  event: z.string().regex(/^[a-z0-9_.-]{1,64}$/, 'must be the name of an event, such as push'),
  payload: z.record(z.string(), z.unknown()),
  source,
  paths,
  confirmed,
  subject,
});

const Recorded = z.strictObject({ change: z.string().min(1).max(limits.http.filterChars) });

/** What may be asked: a change that is supposed, an event as its source sends it, or a change of the journal. */
export type ExplainBody = z.infer<typeof Supposed> | z.infer<typeof Event> | z.infer<typeof Recorded>;

/** The schema that a body is meant to fit: by the field that only one of them has, so that messages name what is wrong with that one. */
export function explainSchemaFor(body: unknown): z.ZodType<ExplainBody> {
  const has = (field: string): boolean => typeof body === 'object' && body !== null && field in body;
  if (has('change')) return Recorded;
  return has('event') || has('payload') ? Event : Supposed;
}
