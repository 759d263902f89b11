import { z } from 'zod';
import type { PolicyOrigin } from '#core/policy-origin.ts';
import type { NewRecord, Records } from '#core/ports/records.ts';
import type { PolicySet } from '#policy/documents.ts';

/**
 * Why policies of a repository are in force. `bootstrap`: there were none before. `config`: whoever runs Headgate has named the
 * revision. `decision`: the policies before have allowed it. `actors` are what the source claims of the change.
 */
const Taken = z.object({
  /** Milliseconds since the epoch. */
  at: z.number(),
  by: z.enum(['bootstrap', 'config', 'decision']),
  change: z.string().nullable(),
  decision: z.string().nullable(),
  actors: z.array(z.string()),
});
export type Taken = z.output<typeof Taken>;

/** What a record of kind `policies` says of those of a repository. */
const RecordedPolicies = z.object({
  origin: z.object({ source: z.string(), repository: z.string(), ref: z.string(), path: z.string(), pinned: z.string().nullable() }),
  revision: z.string(),
  documents: z.string(),
  taken: Taken,
});
export type RecordedPolicies = z.output<typeof RecordedPolicies>;

/** What the chain says last of the policies; null where they came from no repository then, or nothing is said. */
export async function lastRecorded(records: Pick<Records, 'records'>): Promise<RecordedPolicies | null> {
  const { items } = await records.records({ kind: 'policies' }, { limit: 1, cursor: null });
  return RecordedPolicies.safeParse(items[0]?.record).data ?? null;
}

/** Whether a record is about policies of the same place. */
export function isOf(recorded: RecordedPolicies, origin: PolicyOrigin): boolean {
  const { source, repository, ref, path } = recorded.origin;
  return source === origin.source && repository === origin.repository && ref === origin.ref && path === origin.path;
}

/** @param documents digest @param unavailable why they allow nothing at the moment */
export function policiesRecord(
  at: number,
  origin: PolicyOrigin,
  set: PolicySet,
  documents: string,
  taken: Taken,
  unavailable: string | null,
): NewRecord {
  const policies = set.policies.map(({ name, hash, mode }) => ({ name, hash, mode }));
  return {
    kind: 'policies',
    at,
    content: { policySet: set.hash, revision: set.revision, documents, origin, taken, unavailable, policies },
  };
}
