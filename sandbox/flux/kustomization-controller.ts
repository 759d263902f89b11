import { messageOf } from '#core/errors.ts';
import type { Kind } from '#sandbox/cluster/kinds.ts';
import type { KubeObject, Manifest } from '#sandbox/cluster/kube-object.ts';
import { inventoryEntry, inventoryKey, planManifests, type Applier } from '#sandbox/flux/apply-manifests.ts';
import type { ArtifactFiles } from '#sandbox/flux/artifact-storage.ts';
import { buildManifests } from '#sandbox/flux/build-manifests.ts';
import {
  artifactOf,
  inventoryOf,
  isReady,
  kustomizationSpecOf,
  sourceRefOf,
  type Artifact,
  type InventoryEntry,
  type KustomizationSpec,
} from '#sandbox/flux/flux-objects.ts';
import { echo, type ControllerParts } from '#sandbox/flux/git-repository-controller.ts';
import { formatGoDuration, parseGoDuration } from '#sandbox/flux/go-duration.ts';
import { unhealthy, waitForHealth } from '#sandbox/flux/health-check.ts';
import { stepTimer } from '#sandbox/flux/latencies.ts';
import { RunFailure } from '#sandbox/flux/run-failure.ts';
import { StatusWriter } from '#sandbox/flux/status-writer.ts';
import type { NextRun } from '#sandbox/flux/work-queue.ts';

export interface KustomizeParts extends ControllerParts {
  readonly applier: Applier;
  /** Flux raises shorter timeouts of health checks to 30 s. */
  readonly healthCheckFloor: number;
  /** Flux's --requeue-dependency. */
  readonly dependencyRetry: number;
}

const MANAGER = 'kustomize-controller';

/**
 * One run of kustomize-controller over a Kustomization.
 * @param interrupt aborts a health check that waits (Flux's gate CancelHealthCheckOnNewRevision)
 */
export async function reconcileKustomization(
  parts: KustomizeParts,
  kind: Kind,
  object: KubeObject,
  interrupt: AbortSignal,
): Promise<NextRun> {
  const run = new KustomizationRun(parts, kind, object, interrupt);
  try {
    return await run.go();
  } catch (error) {
    const failure = error instanceof RunFailure ? error : new RunFailure('ReconciliationFailed', messageOf(error), undefined);
    return run.fail(failure);
  }
}

class KustomizationRun {
  readonly #parts: KustomizeParts;
  readonly #object: KubeObject;
  readonly #interrupt: AbortSignal;
  readonly #spec: KustomizationSpec;
  readonly #status: StatusWriter;
  readonly #step: (ms: number) => Promise<void>;

  constructor(parts: KustomizeParts, kind: Kind, object: KubeObject, interrupt: AbortSignal) {
    this.#parts = parts;
    this.#object = object;
    this.#interrupt = interrupt;
    this.#spec = kustomizationSpecOf(object);
    this.#status = new StatusWriter(parts, kind, object, MANAGER);
    this.#step = stepTimer(parts.clock, parts.signal);
  }

  /** @throws RunFailure */
  async go(): Promise<NextRun> {
    if (this.#spec.suspend) return echo(this.#status, () => this.#step(this.#parts.latencies.suspended));
    const artifact = this.#artifact();
    this.#assertDependencies();
    const manifests = await this.#build(artifact, await this.#download(artifact));
    const inventory = await this.#apply(manifests);
    await this.#checkHealth(artifact, inventory);
    await this.#conclude(artifact);
    return this.#interval(this.#spec.interval);
  }

  /** A failed run answers the token all the same, and leaves status.observedGeneration where it was. */
  async fail(failure: RunFailure): Promise<NextRun> {
    const doing = this.#status.condition('Reconciling')?.message ?? 'Reconciliation in progress';
    this.#status.mark('Ready', 'False', failure.reason, failure.message);
    this.#status.mark('Reconciling', 'True', 'ProgressingWithRetry', doing);
    await this.#status.handled().write();
    return failure.retryIn ?? this.#interval(this.#spec.retryInterval ?? this.#spec.interval);
  }

  #artifact(): Artifact {
    const { kind: kindName, namespace, name } = sourceRefOf(this.#object);
    const kind = this.#parts.store.kinds.byKind(kindName);
    const source = kind && this.#parts.store.get({ kind, namespace, name });
    if (source === undefined) throw new RunFailure('ArtifactFailed', `Source '${kindName}/${namespace}/${name}' not found`, undefined);
    return artifactOf(source) ?? this.#waitForArtifact();
  }

  #waitForArtifact(): never {
    const retryIn = this.#parts.dependencyRetry;
    throw new RunFailure('ArtifactFailed', `Source artifact not found, retrying in ${formatGoDuration(retryIn)}`, retryIn);
  }

  #assertDependencies(): void {
    const kind = this.#parts.store.kinds.byKind('Kustomization');
    const retryIn = this.#parts.dependencyRetry;
    for (const { name, namespace = this.#object.metadata.namespace } of this.#spec.dependsOn) {
      const dependency = kind && this.#parts.store.get({ kind, namespace, name });
      if (dependency !== undefined && isReady(dependency)) continue;
      const problem = dependency === undefined ? 'not found' : 'is not ready';
      throw new RunFailure('DependencyNotReady', `dependency '${namespace}/${name}' ${problem}`, retryIn);
    }
  }

  async #download(artifact: Artifact): Promise<ArtifactFiles> {
    await this.#announce(`Fetching manifests for revision ${artifact.revision} with a timeout of ${this.#timeoutText()}`);
    await this.#step(this.#parts.latencies.download);
    return this.#parts.storage.get(artifact.url) ?? this.#lostArtifact();
  }

  #lostArtifact(): never {
    const retryIn = this.#parts.dependencyRetry;
    throw new RunFailure('ArtifactFailed', `Source is not ready, artifact not found, retrying in ${formatGoDuration(retryIn)}`, retryIn);
  }

  async #build(artifact: Artifact, files: ArtifactFiles): Promise<readonly Manifest[]> {
    const path = this.#spec.path.replace(/^(\.?\/)+|^\.$/, '').replace(/\/+$/, '');
    const found = await files(path);
    if (found === undefined) {
      throw new RunFailure(
        'ArtifactFailed',
        `kustomization path not found: stat /tmp/kustomization/${path}: no such file or directory`,
        undefined,
      );
    }
    this.#status.set({ lastAttemptedRevision: artifact.revision });
    await this.#announce(`Building manifests for revision ${artifact.revision} with a timeout of ${this.#timeoutText()}`);
    await this.#step(this.#parts.latencies.build);
    try {
      return buildManifests(found);
    } catch (error) {
      throw new RunFailure('BuildFailed', `kustomize build failed: ${messageOf(error)}`, undefined);
    }
  }

  async #apply(manifests: readonly Manifest[]): Promise<readonly InventoryEntry[]> {
    await this.#step(this.#parts.latencies.apply);
    await this.#parts.gate.pass();
    const wanted = planManifests(this.#parts.store, manifests, this.#spec.targetNamespace);
    this.#parts.applier.apply(wanted);
    const inventory = wanted.map(inventoryEntry).sort((left, right) => (left.id < right.id ? -1 : 1));
    if (this.#spec.prune) this.#parts.applier.prune(inventoryOf(this.#object), inventory);
    this.#status.set({ inventory: { entries: inventory } });
    return inventory;
  }

  async #checkHealth(artifact: Artifact, inventory: readonly InventoryEntry[]): Promise<void> {
    const entries = this.#spec.wait ? inventory : this.#spec.healthChecks.map((check) => this.#checkedEntry(check));
    if (entries.length === 0) return;
    const keys = entries.flatMap((entry) => inventoryKey(this.#parts.store, entry) ?? []);
    const timeout = Math.max(this.#timeout(), this.#parts.healthCheckFloor);
    this.#status.mark('Healthy', 'Unknown', 'Progressing', 'Running health checks');
    await this.#announce(`Running health checks for revision ${artifact.revision} with a timeout of ${formatGoDuration(timeout)}`);
    const health = await waitForHealth(this.#parts, keys, timeout, AbortSignal.any([this.#interrupt, this.#parts.signal]));
    if (health === 'healthy') this.#status.mark('Healthy', 'True', 'Succeeded', 'Health check passed');
    else this.#unhealthy(health === 'timeout', timeout, unhealthy(this.#parts.store, keys));
  }

  #unhealthy(timedOut: boolean, timeout: number, objects: readonly string[]): never {
    const reason = timedOut ? 'HealthCheckFailed' : 'HealthCheckCanceled';
    const message = timedOut
      ? `health check failed after ${formatGoDuration(timeout)}: timeout waiting for: [${objects.join(', ')}]`
      : 'health checks canceled: a new reconciliation was requested';
    this.#status.mark('Healthy', 'False', reason, message);
    throw new RunFailure(reason, message, undefined);
  }

  #checkedEntry(check: KustomizationSpec['healthChecks'][number]): InventoryEntry {
    const group = check.apiVersion.includes('/') ? (check.apiVersion.split('/')[0] ?? '') : '';
    const version = check.apiVersion.split('/').at(-1) ?? '';
    return { id: `${check.namespace ?? ''}_${check.name}_${group}_${check.kind}`, v: version };
  }

  /** Two writes, as the real one makes them: Ready says so a moment before lastAppliedRevision does. */
  async #conclude(artifact: Artifact): Promise<void> {
    await this.#step(this.#parts.latencies.conclude);
    this.#status.clear('Reconciling').mark('Ready', 'True', 'ReconciliationSucceeded', `Applied revision: ${artifact.revision}`);
    await this.#status.write();
    await this.#step(this.#parts.latencies.secondWrite);
    const origin = artifact.metadata['org.opencontainers.image.revision'];
    const applied = { lastAppliedRevision: artifact.revision, ...(origin === undefined ? {} : { lastAppliedOriginRevision: origin }) };
    await this.#status.set(applied).handled().observed().write();
  }

  async #announce(message: string): Promise<void> {
    this.#status.mark('Reconciling', 'True', 'Progressing', message);
    await this.#status.mark('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress').write();
  }

  #timeout(): number {
    return parseGoDuration(this.#spec.timeout ?? this.#spec.interval) ?? this.#parts.healthCheckFloor;
  }

  #timeoutText(): string {
    return formatGoDuration(Math.max(this.#timeout(), this.#parts.healthCheckFloor));
  }

  #interval(text: string): number {
    return (parseGoDuration(text) ?? 60_000) * this.#parts.intervalScale;
  }
}
