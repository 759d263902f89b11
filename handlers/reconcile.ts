import type { Announcer } from '#core/announcements.ts';
import type { Decision } from '#core/decision.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Actuator, Inventory, Observation, Observer } from '#core/ports/clusters.ts';
import type { Lease, Progress, Work } from '#core/ports/journal.ts';
import type { Ranged } from '#core/range-evidence.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { requestToken, type Reconcile, type Step, type StepName } from '#core/reconcile.ts';
import { hasCommit } from '#core/revision.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { askAccesses, type Accesses } from '#handlers/accesses.ts';
import { decideFor, traitsOf, type Deciding } from '#handlers/deciding.ts';
import { evidenceAgain } from '#handlers/evidence-again.ts';
import { headOf } from '#handlers/order.ts';
import type { RecentChanges } from '#handlers/recent-changes.ts';
import type { TargetEventWriter } from '#handlers/target-events.ts';
import { describeChange, describeDecision } from '#handlers/words.ts';

export interface Reconciling extends Deciding {
  readonly journal: Pick<Work, 'take' | 'release'>;
  readonly recent: Pick<RecentChanges, 'around'>;
  readonly inventory: Deciding['inventory'] & Pick<Inventory, 'health'>;
  readonly actuator: Pick<Actuator, 'requestReconcile'>;
  readonly observer: Observer;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly events: Pick<TargetEventWriter, 'write' | 'skipped'>;
  readonly announcer: Announcer;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A reconcile has begun to be observed. */
  readonly follow: (reconcile: Reconcile) => void;
}

/**
 * Brings a target to the newest revision that was allowed for it: takes the lease, decides again if what the decision
 * rested on has changed, asks Flux, and gives the lease back. What Flux makes of it is observed apart (outcome.ts), so that
 * a stuck health check never blocks the fix that follows.
 * Rejects when the cluster cannot be reached: the queue calls again, for as long as it takes.
 */
export async function reconcileTarget(deps: Reconciling, key: string): Promise<void> {
  const lease = await deps.journal.take(key);
  if (!lease) return;
  deps.announcer.announce('reconcile', lease.reconcile.id);
  const attempt = new LeasedAttempt(deps, lease);
  await attempt.run();
}

/** One leased attempt. Every path gives the lease back exactly once. */
class LeasedAttempt {
  readonly #deps: Reconciling;
  readonly #lease: Lease;
  #released = false;

  constructor(deps: Reconciling, lease: Lease) {
    this.#deps = deps;
    this.#lease = lease;
  }

  /** What fails unexpectedly gives the lease back too, with the work still queued: the queue calls again. */
  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      if (!this.#released) await this.#release({});
      throw error;
    }
  }

  async #run(): Promise<void> {
    const { inventory } = this.#deps;
    const { reconcile } = this.#lease;
    const cluster = inventory.health().find((health) => health.cluster === reconcile.target.cluster);
    if (!cluster) return this.#skip('not-configured', `cluster ${reconcile.target.cluster} is no longer configured`);
    if (!cluster.known) return this.#retryLater(`cluster ${reconcile.target.cluster} has not answered yet`);
    const source = inventory.find(reconcile.target);
    if (!source) return this.#skip('gone', 'the object no longer exists in the cluster');
    const decided = await this.#decideAgain(source);
    if (decided && decided.verdict !== 'allow') return this.#skip('denied', describeDecision(decided), decided);
    const newerHead = await this.#newerHead();
    if (newerHead) return this.#skip('not-head', newerHead);
    if (source.suspended) return this.#skip('suspended', 'the source object is suspended: Flux would not fetch');
    const untouched = this.#untouched(source);
    if (untouched) return this.#skip('paths', untouched, decided);
    const current = this.#current(source);
    return current ? this.#alreadyThere(current, decided) : this.#trigger(decided);
  }

  /** A fresh decision when the policies or the namespaces that move are not those of the recorded one. */
  async #decideAgain(source: SourceObject): Promise<Decision | undefined> {
    const { change, decision } = this.#lease;
    const adapter = this.#deps.adapters.get(change.source);
    const range = await this.#evidence(source);
    const accesses = await this.#accesses(source);
    const fresh = decideFor(this.#deps, change, source, traitsOf(adapter, change.repository), { range, accesses });
    return restsOn(fresh) === restsOn(decision) ? undefined : fresh;
  }

  /** A source that is out of reach is waited for: nothing is allowed without its answer. */
  async #evidence(source: SourceObject): Promise<Ranged> {
    try {
      return await evidenceAgain(this.#deps, this.#lease, source);
    } catch (error) {
      if (error instanceof HeadgateError) return this.#retryLater(error.message);
      throw error;
    }
  }

  /** Asked last, just before acting. A cluster that is away is waited for: nothing could be done there either. */
  async #accesses(source: SourceObject): Promise<Accesses> {
    const accesses = await askAccesses(this.#deps, this.#lease.change, [source.target]);
    const away = awayCluster(accesses);
    return away === undefined ? accesses : this.#retryLater(away);
  }

  /**
   * `advisory` deploys the head of the branch, whatever was allowed: Flux fetches what is there now. So it acts only when
   * the allowed revision is the newest that is known of the ref.
   */
  async #newerHead(): Promise<string | undefined> {
    const { change } = this.#lease;
    if (change.revision === null) return undefined;
    const head = headOf(await this.#deps.recent.around(change));
    if (!head || head.revision === change.revision) return undefined;
    return `the ref has moved on to ${head.revision ?? 'nothing (deleted)'} (${head.id}), which was not allowed here`;
  }

  /** Why there is nothing to trigger: none of the declared paths differs from what the target still has. */
  #untouched(source: SourceObject): string | undefined {
    const { paths, force } = this.#lease.reconcile;
    if (force || paths === null || paths.changed !== null || !hasCommit(source, paths.base)) return undefined;
    return `none of the ${paths.files} paths that changed since ${paths.base} is declared by headgate.dev/paths: ${paths.declared.join(', ')}`;
  }

  /** What the cluster reports when the source has the revision already; undefined when it is to be asked all the same. */
  #current(source: SourceObject): Observation | undefined {
    const { revision, force } = this.#lease.reconcile;
    if (force || revision === null) return undefined;
    const seen = this.#deps.observer.observe(source.target, { revision, token: null, newer: [] });
    return seen.artifactReached ? seen : undefined;
  }

  /** The source has the revision already; its consumers may still be on their way. */
  async #alreadyThere(seen: Observation, decided: Decision | undefined): Promise<void> {
    const at = this.#deps.clock.now();
    if (seen.outcome === 'applied') {
      const consumers = seen.consumers.map((consumer) => ({ ...consumer, at }));
      return this.#skip('current', `the target is at ${seen.artifactRevision} already`, decided, { consumers });
    }
    const step = this.#step('not-triggered', `the source is at ${seen.artifactRevision} already; its consumers are observed`);
    await this.#release({ state: 'observing', steps: [step], ...withDecision(decided) }, { token: null, asks: 0, steps: [step] });
  }

  async #trigger(decided: Decision | undefined): Promise<void> {
    const { clock, actuator, metrics, events } = this.#deps;
    const { reconcile, change, decision } = this.#lease;
    const token = requestToken(reconcile.createdAt, reconcile.seq, 0);
    try {
      await actuator.requestReconcile(reconcile.target, { token, run: reconcile.id });
    } catch (error) {
      return this.#notTriggered(error);
    }
    const triggeredAt = clock.now();
    const step = this.#step('triggered', `reconcile.fluxcd.io/requestedAt=${token}`);
    const progress = { token, asks: 1, triggeredAt };
    await this.#release({ state: 'observing', steps: [step], ...progress, ...withDecision(decided) }, { ...progress, steps: [step] });
    metrics.triggered(reconcile.target.cluster, Math.max(0, triggeredAt - reconcile.receivedAt) / 1000);
    events.write(reconcile.target, 'HeadgateTriggered', `${describeChange(change)}: ${describeDecision(decided ?? decision)}`);
  }

  async #notTriggered(error: unknown): Promise<void> {
    if (!(error instanceof HeadgateError)) throw error;
    if (error.code !== 'CLUSTER_REFUSED' || !this.#refusalIsMeant(error.message)) return this.#retryLater(error.message);
    const step = this.#step('failed', error.message);
    const progress: Progress = {
      state: 'ended',
      outcome: 'failed',
      reason: 'refused',
      message: error.message,
      steps: [step],
      endedAt: this.#deps.clock.now(),
    };
    await this.#release(progress);
    this.#ended('failed', 'refused');
    this.#deps.log.error('a cluster refused a reconcile request', { target: this.#lease.target, error: error.message });
  }

  /** The same refusal for longer than an API server needs to start. */
  #refusalIsMeant(message: string): boolean {
    const first = this.#lease.reconcile.steps.find(({ name, detail }) => name === 'retrying' && detail === message);
    return first !== undefined && this.#deps.clock.now() - first.at >= limits.queue.refusedRetry;
  }

  /** Gives the lease back with the work still queued, and rejects so that the queue backs off. */
  async #retryLater(why: string): Promise<never> {
    const repeated = this.#lease.reconcile.steps.at(-1);
    const steps = repeated?.name === 'retrying' && repeated.detail === why ? [] : [this.#step('retrying', why)];
    await this.#release({ steps });
    throw new HeadgateError('CLUSTER_UNREACHABLE', why);
  }

  async #skip(reason: string, message: string, decided?: Decision, more: Progress = {}): Promise<void> {
    const step = this.#step('skipped', `${reason}: ${message}`);
    const progress: Progress = {
      ...more,
      state: 'ended',
      outcome: 'skipped',
      reason,
      message,
      steps: [step],
      endedAt: this.#deps.clock.now(),
    };
    await this.#release({ ...progress, ...withDecision(decided) });
    this.#ended('skipped', reason);
    this.#deps.events.skipped(this.#lease.reconcile.target, this.#lease.change, `skipped: ${reason}: ${message}`);
  }

  async #release(progress: Progress, followed?: Partial<Reconcile>): Promise<void> {
    const { journal, announcer, follow, log } = this.#deps;
    const { reconcile } = this.#lease;
    this.#released = true;
    const written = await journal.release(this.#lease, progress);
    if (!written) {
      log.warn('a lease was lost before its work was recorded; its new holder does it again', {
        target: this.#lease.target,
        reconcile: reconcile.id,
      });
      return;
    }
    announcer.announce('reconcile', reconcile.id);
    if (followed) follow({ ...reconcile, ...followed, state: 'observing', steps: [...reconcile.steps, ...(followed.steps ?? [])] });
  }

  #ended(outcome: 'failed' | 'skipped', reason: string): void {
    const { reconcile } = this.#lease;
    const seconds = Math.max(0, this.#deps.clock.now() - reconcile.receivedAt) / 1000;
    this.#deps.metrics.ended(reconcile.target, outcome, reason, seconds);
    const { kind: controllerKind, name, namespace } = reconcile.target;
    this.#deps.log.info('reconcile ended', {
      controllerKind,
      name,
      namespace,
      target: targetKey(reconcile.target),
      revision: reconcile.revision,
      outcome,
      reason,
    });
  }

  #step(name: StepName, detail: string): Step {
    return { at: this.#deps.clock.now(), name, detail };
  }
}

function withDecision(decided: Decision | undefined): Pick<Progress, 'decided'> {
  return decided ? { decided } : {};
}

/** Why a second authority cannot be asked while its cluster is away. */
function awayCluster(accesses: Accesses): string | undefined {
  const [away] = [...accesses.values()].flatMap((access) => (access.answer === 'unavailable' && access.passing ? [access.why] : []));
  return away;
}

/** What a decision rested on, as far as it can change while it waits: the policies and the namespaces that move. */
function restsOn({ policies, facts, verdict, rule }: Decision): string {
  return JSON.stringify([policies, facts.namespaces ?? null, facts.remoteNamespaces ?? null, verdict, rule]);
}
