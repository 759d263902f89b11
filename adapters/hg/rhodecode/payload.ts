import { z } from 'zod';
import { limits } from '#core/limits.ts';
import { isNode } from '../names.ts';

/** The token is empty where none is set. What else is sent is kept as it came. */
export const Envelope = z.looseObject({ token: z.string().max(limits.hint.headerChars).nullish() });

/** What all events of RhodeCode have; those of a repository say which, and of which kind. */
export const AnyEvent = z.object({
  event: z.object({
    name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
    repo: z.object({ repo_type: z.string().max(64) }).nullish(),
  }),
});

const commit = z.object({ raw_id: z.string().refine(isNode), branch: z.string().max(limits.hint.refChars).nullish() });

/** What is read of a push. `commits` are the new changesets, oldest first; none where it moved bookmarks or phases alone. */
export const Push = z.object({
  event: z.object({
    /** Never fetched. */
    repo: z.object({ url: z.string().min(1).max(limits.url.chars) }),
    /** RhodeCode itself has a text for its number. */
    actor: z
      .object({
        user_id: z.union([z.int().positive(), z.string().max(limits.hint.accountChars)]),
        username: z
          .string()
          .max(limits.hint.accountChars)
          .regex(/^\P{Cc}+$/u),
      })
      .nullish(),
    push: z.object({ commits: z.array(commit) }),
  }),
});
export type Push = z.infer<typeof Push>;
