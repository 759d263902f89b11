import { z } from 'zod';
import { limits } from '#core/limits.ts';

/** The type of what the hook sends. */
export const TRANSACTION = 'hg.txn';

/** Which payloads are read; a hook that is newer than this may send another. */
export const PAYLOAD_VERSION = 1;

/** Forty zeros are Mercurial's "no changeset". */
const node = z.string().regex(/^(?!0{40}$)[0-9a-f]{40}$/);

/**
 * Who pushed, as the hook's host tells it, and from what it knows. `local` is somebody with an account on that host: what they say of themselves
 * proves nothing.
 */
const pusher = z.object({
  name: z
    .string()
    .max(limits.hint.accountChars)
    .regex(/^\P{Cc}+$/u),
  via: z.string().max(limits.hint.accountChars),
});

/**
 * What is read of a transaction that has closed: where refs are is found out by asking the repository itself, and what the hook says of changesets and
 * bookmarks tells only whose push it was.
 */
export const Transaction = z.object({
  /** The public URL of the repository, as the hook's configuration says. Never fetched. */
  repo: z.string().min(1).max(limits.url.chars),
  /** The first new changeset. */
  node: node.nullish(),
  /** The last new changeset; null for pushes that move bookmarks, phases or markers alone. */
  node_last: node.nullish(),
  /** Those that it moved, each with where from and where to; null for none. */
  bookmarks: z.record(z.string().max(limits.hint.refChars), z.tuple([node.nullable(), node.nullable()])).nullish(),
  pusher: pusher.nullish(),
  at: z.iso.datetime({ offset: true }).nullish(),
});
export type Transaction = z.infer<typeof Transaction>;

/** What payloads of every version have. */
export const AnyPayload = z.object({ v: z.int().positive(), type: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/) });
