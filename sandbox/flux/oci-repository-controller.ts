import { messageOf } from '#core/errors.ts';
import { pause } from '#core/clock.ts';
import type { Kind } from '#sandbox/cluster/kinds.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import { describeArtifact } from '#sandbox/flux/artifact-storage.ts';
import { fetchOci, type OciContent } from '#sandbox/flux/fetch-oci.ts';
import { artifactOf, ociRepositorySpecOf } from '#sandbox/flux/flux-objects.ts';
import { announceGeneration, echo, type ControllerParts } from '#sandbox/flux/git-repository-controller.ts';
import { parseGoDuration } from '#sandbox/flux/go-duration.ts';
import { stepTimer } from '#sandbox/flux/latencies.ts';
import { filesBelow } from '#sandbox/flux/publish-artifact.ts';
import { StatusWriter } from '#sandbox/flux/status-writer.ts';
import type { NextRun } from '#sandbox/flux/work-queue.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** One run of source-controller over an OCIRepository that follows a tag. */
export async function reconcileOciRepository(parts: ControllerParts, kind: Kind, object: KubeObject): Promise<NextRun> {
  const step = stepTimer(parts.clock, parts.signal);
  const spec = ociRepositorySpecOf(object);
  const status = new StatusWriter(parts, kind, object, 'source-controller');
  if (spec.suspend) return echo(status, () => step(parts.latencies.suspended));
  await announceGeneration(status);
  const tag = spec.ref.tag ?? 'latest';
  try {
    const content = await fetchOci(spec.url, tag, parts.signal);
    const revision = `${tag}@${content.digest}`;
    const isNew = artifactOf(object)?.revision !== revision;
    await step(isNew ? parts.latencies.fetch : parts.latencies.fetchNothing);
    await store(parts, status, { revision, content, isNew });
  } catch (error) {
    await fail(status, `failed to determine artifact digest: ${messageOf(error)}`);
    return 'retry';
  }
  return (parseGoDuration(spec.interval) ?? 60_000) * parts.intervalScale;
}

async function store(
  parts: ControllerParts,
  status: StatusWriter,
  { revision, content, isNew }: { readonly revision: string; readonly content: OciContent; readonly isNew: boolean },
): Promise<void> {
  const { kind, metadata } = status.object;
  const described = describeArtifact(kind, metadata.namespace ?? '', metadata.name, revision, timestamp(parts.clock.now()));
  parts.storage.put(described.url, (directory) => Promise.resolve(filesBelow(content.files, directory)));
  const message = `stored artifact for digest '${revision}'`;
  status.clear('Reconciling', 'FetchFailed', 'ArtifactOutdated');
  status.mark('Ready', 'True', 'Succeeded', message).mark('ArtifactInStorage', 'True', 'Succeeded', message);
  if (isNew) {
    await status.write();
    await pause(parts.clock, parts.latencies.secondWrite, parts.signal);
    status.set({ artifact: { ...described, metadata: content.annotations } });
  }
  await status.handled().observed().write();
}

async function fail(status: StatusWriter, message: string): Promise<void> {
  status.mark('FetchFailed', 'True', 'OCIArtifactPullFailed', message).mark('Ready', 'False', 'OCIArtifactPullFailed', message);
  await status.mark('Reconciling', 'True', 'ProgressingWithRetry', 'reconciliation in progress').handled().write();
}
