import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import type { PolicyOrigin } from '#core/policy-origin.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { PolicyCache } from '#core/ports/policy-cache.ts';
import type { Records } from '#core/ports/records.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { parsePolicyDocuments, readPolicyDocuments, type PolicyDocuments } from '#handlers/policies/policy-documents.ts';
import { isOf, lastRecorded, policiesRecord, type RecordedPolicies, type Taken } from '#handlers/policies/policy-record.ts';
import type { PolicySet } from '#policy/documents.ts';

/** The policies of one revision, and why they are in force. */
export interface InForce {
  readonly set: PolicySet;
  readonly revision: string;
  /** Of their documents. */
  readonly digest: string;
  readonly taken: Taken;
  /** When they were loaded here, milliseconds since the epoch. */
  readonly loadedAt: number;
}

export interface PolicyKeeping {
  readonly clock: Clock;
  readonly log: Log;
  readonly origin: PolicyOrigin;
  readonly content: ContentReader;
  readonly cache: PolicyCache;
  readonly records: Pick<Records, 'note' | 'records'>;
}

/**
 * The policies that the chain of records says are in force: from what is kept here where that is what was recorded, else from the
 * repository at the recorded revision. Undefined where there are none: at the very first start, or where the config now names another place
 * or another first revision.
 * @throws HeadgateError as ReadBack; POLICY_INVALID when neither holds what was recorded
 */
export async function restorePolicies(keeping: PolicyKeeping): Promise<InForce | undefined> {
  const { origin, records, clock } = keeping;
  const recorded = await lastRecorded(records);
  if (!recorded || !isOf(recorded, origin)) return undefined;
  if (origin.pinned !== null && origin.pinned !== recorded.origin.pinned) return undefined;
  const documents = await recordedDocuments(keeping, recorded);
  return inForce(documents, recorded.taken, clock.now());
}

async function recordedDocuments({ cache, content, origin, log }: PolicyKeeping, recorded: RecordedPolicies): Promise<PolicyDocuments> {
  const kept = await cache.read(recorded.documents);
  const own = kept && parsePolicyDocuments(recorded.revision, kept);
  if (own?.digest === recorded.documents) return own;
  log.error('the policies that are kept here are not those on record; the repository is asked', { revision: recorded.revision });
  const read = await readPolicyDocuments(content, origin, recorded.revision);
  if (read.digest === recorded.documents) return read;
  throw new HeadgateError('POLICY_INVALID', `${origin.repository} holds other documents at ${recorded.revision} than those on record`);
}

/**
 * Takes policies without a decision, because there are none that could make it.
 * @throws HeadgateError as ReadBack, POLICY_INVALID, JOURNAL_UNAVAILABLE
 */
export async function bootstrapPolicies(keeping: PolicyKeeping, head: string): Promise<InForce> {
  const { origin, content, clock, records } = keeping;
  const recorded = await lastRecorded(records);
  const isFirst = !recorded || !isOf(recorded, origin);
  const documents = await readPolicyDocuments(content, origin, origin.pinned ?? head);
  const taken: Taken = { at: clock.now(), by: isFirst ? 'bootstrap' : 'config', change: null, decision: null, actors: [] };
  const first = inForce(documents, taken, clock.now());
  await keepPolicies(keeping, documents, first);
  return first;
}

/**
 * Keeps them here, then puts them on record; from then on they are in force whatever happens.
 * @throws HeadgateError JOURNAL_UNAVAILABLE
 */
export async function keepPolicies(
  { cache, records, origin, clock }: PolicyKeeping,
  { files }: PolicyDocuments,
  next: InForce,
): Promise<void> {
  await cache.write(next.digest, files);
  await records.note(policiesRecord(clock.now(), origin, next.set, next.digest, next.taken, null));
  await cache.keep(next.digest);
}

/** @throws HeadgateError POLICY_INVALID */
export function inForce({ set, revision, digest }: PolicyDocuments, taken: Taken, now: number): InForce {
  if ('problem' in set) throw new HeadgateError('POLICY_INVALID', `the policies at ${revision}: ${set.problem}`);
  return { set, revision, digest, taken, loadedAt: now };
}
