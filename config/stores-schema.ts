import { z } from 'zod';
import { secretRef } from '#config/secret-ref.ts';

/** What the config says about a journal in one file. */
interface SqliteJournal {
  readonly path: string;
}

const sqlite = z.strictObject({
  path: z
    .string()
    .min(1)
    .default('./data/headgate.db')
    .describe("The journal's file. Its directory is the data directory: operator.token lies there too."),
});

const postgres = z.strictObject({
  url: secretRef.describe('Its URL, with user and password: `postgres://headgate:…@db.example.com/headgate?sslmode=verify-full`.'),
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('The data directory of a process, for what it keeps for itself: operator.token, keys, checkpoints, copies of repositories.'),
});

const redis = z.strictObject({
  url: secretRef.describe('Its URL, with user and password: `rediss://headgate:…@redis.example.com:6379/0`; `rediss` speaks TLS.'),
});

/** `spec.journal`: one of the two, SQLite where nothing is said. */
export const journalSchema = z
  .strictObject({
    sqlite: sqlite.optional().describe('A journal in one file, for one process on one machine. This where neither is named.'),
    postgres: postgres
      .optional()
      .describe('A journal in Postgres, for several processes. `headgate serve` of this version cannot open it yet.'),
  })
  .superRefine((value, context) => oneOf(value, context))
  .transform(({ sqlite: file, postgres: server }): JournalConfig => {
    return server === undefined ? { sqlite: file ?? sqlite.parse({}) } : { postgres: server };
  });

/** `spec.queue`: one of the two, the embedded one where nothing is said. */
export const queueSchema = z
  .strictObject({
    embedded: z.strictObject({}).optional().describe('The queue inside the process, over the journal. This where neither is named.'),
    redis: redis
      .optional()
      .describe('A queue that several processes share. Needs a journal in Postgres: Redis holds hints, never the truth.'),
  })
  .superRefine((value, context) => oneOf(value, context))
  .transform(({ redis: server }): QueueConfig => (server === undefined ? { embedded: {} } : { redis: server }));

/** `spec.journal`. */
export type JournalConfig =
  | { readonly sqlite: SqliteJournal; readonly postgres?: undefined }
  | { readonly postgres: z.output<typeof postgres>; readonly sqlite?: undefined };

/** `spec.queue`. */
export type QueueConfig =
  | { readonly embedded: Readonly<Record<string, never>>; readonly redis?: undefined }
  | { readonly redis: z.output<typeof redis>; readonly embedded?: undefined };

interface StoresSpec {
  readonly journal: JournalConfig;
  readonly queue: QueueConfig;
}

/** Processes that share a queue have to share the journal: whoever takes a key reads there what to do. */
export function fittingStores({ journal, queue }: StoresSpec, context: z.core.$RefinementCtx): void {
  if (queue.redis === undefined || journal.postgres !== undefined) return;
  const hint = 'set `journal: { postgres: { url: { env: HEADGATE_POSTGRES_URL } } }`, or use `queue: { embedded: {} }`';
  context.addIssue({ code: 'custom', path: ['queue', 'redis'], message: 'needs a journal in Postgres', params: { hint } });
}

function oneOf(value: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const named = Object.keys(value).filter((key) => value[key] !== undefined);
  if (named.length < 2) return;
  context.addIssue({ code: 'custom', message: `names ${named.join(' and ')}`, params: { hint: 'keep one of the two' } });
}
