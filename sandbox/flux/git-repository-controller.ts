import { pause } from '#core/clock.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { messageOf } from '#core/errors.ts';
import type { Kind } from '#sandbox/cluster/kinds.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import { describeArtifact, type ArtifactStorage } from '#sandbox/flux/artifact-storage.ts';
import { artifactOf, gitRepositorySpecOf, type GitRepositorySpec } from '#sandbox/flux/flux-objects.ts';
import { parseGoDuration } from '#sandbox/flux/go-duration.ts';
import { stepTimer, type Latencies } from '#sandbox/flux/latencies.ts';
import { resolveRevision, type ResolvedRevision } from '#sandbox/flux/resolve-revision.ts';
import { StatusWriter, type WriterParts } from '#sandbox/flux/status-writer.ts';
import type { NextRun } from '#sandbox/flux/work-queue.ts';
import type { ResolveRepository, SourceRepository } from '#sandbox/git/source-repository.ts';
import { timestamp } from '#sandbox/timestamp.ts';

export interface ControllerParts extends WriterParts {
  readonly log: Log;
  readonly storage: ArtifactStorage;
  readonly resolve: ResolveRepository;
  readonly latencies: Latencies;
  /** Multiplies `spec.interval`. */
  readonly intervalScale: number;
  readonly signal: AbortSignal;
}

const MANAGER = 'source-controller';

/** One run of source-controller over a GitRepository. */
export async function reconcileGitRepository(parts: ControllerParts, kind: Kind, object: KubeObject): Promise<NextRun> {
  const step = stepTimer(parts.clock, parts.signal);
  const spec = gitRepositorySpecOf(object);
  const status = new StatusWriter(parts, kind, object, MANAGER);
  if (spec.suspend) return echo(status, () => step(parts.latencies.suspended));
  await announceGeneration(status);
  try {
    const repository = locate(parts.resolve, spec);
    const resolved = await resolveRevision(repository, spec.ref);
    const isNew = artifactOf(object)?.revision !== resolved.revision;
    await step(isNew ? parts.latencies.fetch : parts.latencies.fetchNothing);
    await succeed(parts, status, { repository, resolved, isNew });
  } catch (error) {
    await fail(status, `failed to checkout and determine revision: ${messageOf(error)}`);
    return 'retry';
  }
  return (parseGoDuration(spec.interval) ?? 60_000) * parts.intervalScale;
}

/** A suspended object answers its token, observes its generation and does nothing else: Ready stays what it was. */
export async function echo(status: StatusWriter, wait: () => Promise<void>): Promise<undefined> {
  await wait();
  await status.handled().observed().write();
}

/** Says that an object is looked at that was not before, or has changed. */
export async function announceGeneration(status: StatusWriter): Promise<void> {
  const ready = status.condition('Ready');
  if (ready?.observedGeneration === status.generation) return;
  status.mark('Reconciling', 'True', 'Progressing', 'reconciliation in progress');
  if (ready === undefined) status.mark('Ready', 'Unknown', 'Progressing', 'reconciliation in progress');
  await status.write();
}

function locate(resolve: ResolveRepository, spec: GitRepositorySpec): SourceRepository {
  const repository = resolve(spec.url);
  if (repository === undefined) throw new Error(`unable to list remote for '${spec.url}': repository not found: Repository not found.`);
  return repository;
}

async function succeed(
  parts: ControllerParts,
  status: StatusWriter,
  found: { readonly repository: SourceRepository; readonly resolved: ResolvedRevision; readonly isNew: boolean },
): Promise<void> {
  const { revision, commit } = found.resolved;
  if (found.isNew) await announceRevision(status, revision);
  const { kind, metadata } = status.object;
  const described = describeArtifact(kind, metadata.namespace ?? '', metadata.name, revision, timestamp(parts.clock.now()));
  parts.storage.put(described.url, (directory) => found.repository.files(commit, directory));
  const message = `stored artifact for revision '${revision}'`;
  status.clear('Reconciling', 'FetchFailed', 'ArtifactOutdated');
  status.mark('Ready', 'True', 'Succeeded', message).mark('ArtifactInStorage', 'True', 'Succeeded', message);
  if (found.isNew) {
    // Two writes, as the real one makes them: Ready names the revision a moment before the artifact is there.
    await status.write();
    await pause(parts.clock, parts.latencies.secondWrite, parts.signal);
    status.set({ artifact: described });
  }
  await status.handled().observed().write();
}

async function announceRevision(status: StatusWriter, revision: string): Promise<void> {
  const message = `new upstream revision '${revision}'`;
  status.mark('ArtifactOutdated', 'True', 'NewRevision', message);
  status.mark('Reconciling', 'True', 'Progressing', `building artifact: ${message}`);
  await status.mark('Ready', 'Unknown', 'Progressing', `building artifact: ${message}`).write();
}

/** The artifact that was there stays, and so do its consumers: they never hear of this failure. */
async function fail(status: StatusWriter, message: string): Promise<void> {
  status.mark('FetchFailed', 'True', 'GitOperationFailed', message).mark('Ready', 'False', 'GitOperationFailed', message);
  const doing = status.condition('Reconciling')?.message ?? 'reconciliation in progress';
  await status.mark('Reconciling', 'True', 'ProgressingWithRetry', doing).handled().write();
}
