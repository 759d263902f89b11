import { z } from 'zod';
import { addCustom } from '#config/add-custom.ts';
import { policyOrigin } from '#config/policies-schema.ts';
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
    postgres: postgres.optional().describe('A journal in Postgres, for several processes.'),
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

/** `spec.workers`. */
export const workersSchema = z.enum(['serve', 'apart']).default('serve');

interface StoresSpec {
  readonly journal: JournalConfig;
  readonly queue: QueueConfig;
  readonly workers: z.output<typeof workersSchema>;
  readonly policies: Parameters<typeof policyOrigin>[0];
}

/**
 * Processes that share a queue or the work have to share the journal: whoever takes a key reads there what to do. Policies of a repository are taken
 * into force by one process, and others would not know of it.
 */
export function fittingStores({ journal, queue, workers, policies }: StoresSpec, context: z.core.$RefinementCtx): void {
  const postgres = 'set `journal: { postgres: { url: { env: HEADGATE_POSTGRES_URL } } }`';
  if (journal.postgres !== undefined) {
    if (policyOrigin(policies) === null) return;
    addCustom(
      context,
      ['policies', 'repository'],
      'cannot be shared by the processes of a journal in Postgres yet',
      'name a directory that every process has: `policies: { path: ./policies }`',
    );
    return;
  }
  if (queue.redis !== undefined)
    addCustom(context, ['queue', 'redis'], 'needs a journal in Postgres', `${postgres}, or use \`queue: { embedded: {} }\``);
  if (workers === 'apart') addCustom(context, ['workers'], 'needs a journal in Postgres', `${postgres}, or leave it out`);
}

function oneOf(value: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const named = Object.keys(value).filter((key) => value[key] !== undefined);
  if (named.length < 2) return;
  context.addIssue({ code: 'custom', message: `names ${named.join(' and ')}`, params: { hint: 'keep one of the two' } });
}
