import { z } from 'zod';
import { limits } from '#core/limits.ts';
import { isNode, nullNode } from '../names.ts';

/** Of a ref that was deleted GitLab says that it leads to nothing. */
const node = z
  .string()
  .refine(isNode)
  .transform((text) => (text === nullNode ? null : text));

const kind = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);

/** What webhooks of all events say; system hooks of some events have `event_name` alone. */
export const AnyPayload = z.object({ object_kind: kind.nullish(), event_name: kind.nullish() });

/**
 * What is read of a push. `after` is a changeset of Mercurial on native projects, and one of Git on those that Heptapod keeps as Git inside
 * (`hg_git`), where `hg_after` is Mercurial's.
 */
export const Push = z.object({
  ref: z.string().min(1).max(limits.hint.refChars),
  after: node,
  hg_after: node.nullish(),
  user_id: z.int().positive().nullish(),
  user_username: z
    .string()
    .max(limits.hint.accountChars)
    .regex(/^\P{Cc}+$/u)
    .nullish(),
  /** `web_url` is what `hg clone` takes, too. Never fetched. */
  project: z.object({ web_url: z.string().min(1).max(limits.url.chars) }),
});
export type Push = z.infer<typeof Push>;
