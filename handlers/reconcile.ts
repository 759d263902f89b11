import type { Announcer } from '#core/announcements.ts';
import type { Decision } from '#core/decision.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Actuator, Observation, Observer } from '#core/ports/clusters.ts';
import type { Archive, Lease, Progress, Work } from '#core/ports/journal.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { requestToken, type PublishedArtifact, type Reconcile, type Step, type StepName } from '#core/reconcile.ts';
import { hasCommit } from '#core/revision.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { askAccesses, type Accesses } from '#handlers/accesses.ts';
import { doubtsAbout } from '#handlers/contents.ts';
import { decideFor, traitsOf } from '#handlers/deciding.ts';
import { evidenceAgain } from '#handlers/evidence-again.ts';
import { movedOn } from '#handlers/moved-on.ts';
import { sayDeclared } from '#handlers/paths.ts';
import { publishAllowed, publishableFor, type Publishable, type Publishing } from '#handlers/publishing.ts';
import { applied } from '#handlers/progress.ts';
import { takeUnlessHeld } from '#handlers/take-unless-held.ts';
import type { TargetEventWriter } from '#handlers/target-events.ts';
import { describeChange, describeDecision } from '#handlers/words.ts';

export interface Reconciling extends Publishing {
  readonly journal: Pick<Work, 'take' | 'release' | 'newer'> & Pick<Archive, 'decisions'>;
  readonly actuator: Pick<Actuator, 'requestReconcile'>;
  readonly observer: Observer;
  readonly events: Pick<TargetEventWriter, 'write' | 'skipped'>;
  readonly announcer: Announcer;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A reconcile has begun to be observed. */
  readonly follow: (reconcile: Reconcile) => void;
}

/**
 * Brings a target to the newest revision that was allowed for it: takes the lease, decides again if what the decision
 * rested on has changed, publishes what Flux is to fetch where its source publishes it, asks Flux, and gives the lease back. What Flux makes of it is observed apart (outcome.ts), so that
 * a stuck health check never blocks the fix that follows.
 * Rejects when the cluster cannot be reached: the queue calls again, for as long as it takes. A target that another process works on
 * is left to it: what it leaves undone, the queue's next look into the journal finds.
 */
export async function reconcileTarget(deps: Reconciling, key: string): Promise<void> {
  const lease = await takeUnlessHeld(deps, key);
  if (!lease) return;
  deps.announcer.announce('reconcile', lease.reconcile.id);
  const attempt = new LeasedAttempt(deps, lease);
  await attempt.run();
}

/** One leased attempt. Every path gives the lease back exactly once. */
class LeasedAttempt {
  readonly #deps: Reconciling;
  readonly #lease: Lease;
  readonly #until: number;
  #released = false;
  /** What is written with whatever comes next: what was published stays published. */
  #done: Progress = {};

  constructor(deps: Reconciling, lease: Lease) {
    this.#deps = deps;
    this.#lease = lease;
    this.#until = deps.clock.monotonic() + limits.publish.attempt;
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
    const publishable = publishableFor(this.#deps.adapters, this.#lease, source);
    const { fresh, decided } = await this.#decideAgain(source, publishable);
    if (decided && decided.verdict !== 'allow') return this.#skip('denied', describeDecision(decided), decided);
    const past = await movedOn(this.#deps, this.#lease.change);
    if (past) return this.#skip('not-head', past);
    if (source.suspended) return this.#skip('suspended', 'the source object is suspended: Flux would not fetch');
    const untouched = this.#untouched(source);
    if (untouched) return this.#skip('paths', untouched, decided);
    if (publishable && !(await this.#publish(publishable, source, fresh))) return;
    const current = this.#current(source);
    return current ? this.#alreadyThere(current, decided) : this.#trigger(decided);
  }

  /** Decides with what is known now; `decided` when the policies or the namespaces that move are not those of the recorded decision. */
  async #decideAgain(
    source: SourceObject,
    publishable: Publishable | undefined,
  ): Promise<{ readonly fresh: Decision; readonly decided: Decision | undefined }> {
    const { change, decision } = this.#lease;
    const adapter = this.#deps.adapters.get(change.source);
    const range = await this.#unlessAway(() => evidenceAgain(this.#deps, this.#lease, source));
    const accesses = await this.#accesses(source);
    const doubts = await this.#doubts(publishable);
    const fresh = decideFor(this.#deps, change, source, traitsOf(adapter, change.repository), { range, accesses, doubts });
    return { fresh, decided: restsOn(fresh) === restsOn(decision) ? undefined : fresh };
  }

  async #doubts(publishable: Publishable | undefined): Promise<readonly RefDoubt[]> {
    const { revision } = this.#lease.change;
    if (!publishable || revision === null) return [];
    return this.#unlessAway(() => doubtsAbout(publishable.publisher, publishable.publication, revision));
  }

  /** A source that is out of reach is waited for: nothing is allowed without its answer. */
  async #unlessAway<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
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

  /** @returns whether it goes on: what Flux is to fetch is there */
  async #publish(publishable: Publishable, source: SourceObject, decision: Decision): Promise<boolean> {
    const result = await publishAllowed(this.#deps, { ...publishable, lease: this.#lease, source, decision }, this.#until);
    if ('wait' in result) await (result.refused ? this.#refused(result.wait) : this.#retryLater(result.wait));
    else if ('failed' in result) await this.#fail('unfit', result.failed);
    else if ('past' in result) await this.#skip('not-head', result.past);
    else if ('denied' in result) await this.#skip('denied', describeDecision(result.denied), result.denied);
    else this.#published(result.published, result.moved);
    return 'published' in result;
  }

  #published(published: PublishedArtifact, moved: boolean): void {
    const before = this.#lease.reconcile.published;
    if (before?.digest === published.digest && before.address === published.address && !moved) return void (this.#done = {});
    const { address, digest, bytes } = published;
    const step = this.#step('published', `${address} is ${digest} (${bytes} bytes)${moved ? '' : ', as it was'}`);
    this.#done = { published, steps: [step] };
  }

  /** Why there is nothing to trigger: none of the declared paths differs from what the target still has. */
  #untouched(source: SourceObject): string | undefined {
    const { paths, force } = this.#lease.reconcile;
    if (force || paths === null || paths.changed !== null || !hasCommit(source, paths.base)) return undefined;
    return `none of the ${paths.files} paths that changed since ${paths.base} ${sayDeclared(source.target, paths.declared)}`;
  }

  /** What the cluster reports when the source has the revision already; undefined when it is to be asked all the same. */
  #current(source: SourceObject): Observation | undefined {
    const { revision, force } = this.#lease.reconcile;
    if (force || revision === null) return undefined;
    const published = this.#done.published ?? this.#lease.reconcile.published;
    const digest = published ? { digest: published.digest } : {};
    const seen = this.#deps.observer.observe(source.target, { revision, token: null, newer: [], ...digest });
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
    await (error.code === 'CLUSTER_REFUSED' ? this.#refused(error.message) : this.#retryLater(error.message));
  }

  /** Refusals may pass: rights that are only being given, a registry or an API server that has just started. */
  async #refused(message: string): Promise<void> {
    if (!this.#refusalIsMeant(message)) return this.#retryLater(message);
    await this.#fail('refused', message);
  }

  async #fail(reason: string, message: string): Promise<void> {
    const step = this.#step('failed', message);
    await this.#release({ state: 'ended', outcome: 'failed', reason, message, steps: [step], endedAt: this.#deps.clock.now() });
    this.#ended('failed', reason);
    this.#deps.log.error('what was allowed could not be asked for', { target: this.#lease.target, reason, error: message });
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
    const { published, steps = [] } = this.#done;
    const all = { ...progress, ...(published ? { published } : {}), steps: [...steps, ...(progress.steps ?? [])] };
    const written = await journal.release(this.#lease, all);
    if (!written) {
      log.warn('a lease was lost before its work was recorded; its new holder does it again', {
        target: this.#lease.target,
        reconcile: reconcile.id,
      });
      return;
    }
    announcer.announce('reconcile', reconcile.id);
    if (followed) follow({ ...applied(reconcile, all), ...followed, state: 'observing', steps: [...reconcile.steps, ...all.steps] });
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
