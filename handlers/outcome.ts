import type { Announcer } from '#core/announcements.ts';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Actuator, Inventory, Observation, Observer, TargetEvent } from '#core/ports/clusters.ts';
import type { Archive, Progress, Work } from '#core/ports/journal.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { requestToken, type Outcome, type Reconcile } from '#core/reconcile.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import { applied, expired, progressOf } from '#handlers/progress.ts';
import type { RecentChanges } from '#handlers/recent-changes.ts';
import type { TargetEventWriter } from '#handlers/target-events.ts';

export interface Observing {
  readonly clock: Clock;
  readonly journal: Pick<Work, 'observing' | 'observe' | 'newer'> & Pick<Archive, 'change'>;
  readonly recent: Pick<RecentChanges, 'around'>;
  readonly inventory: Pick<Inventory, 'onChange' | 'find'>;
  readonly actuator: Pick<Actuator, 'requestReconcile'>;
  readonly observer: Observer;
  readonly events: Pick<TargetEventWriter, 'write'>;
  readonly announcer: Announcer;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A reconcile under observation, and how much longer it is waited for. */
interface Watched {
  reconcile: Reconcile;
  /** Milliseconds waited while the cluster was in sight. */
  waited: number;
  /** What the objects' own timeouts allow, as last seen; nothing yet. */
  patience: number;
  /** Looked at again by the next tick, whatever the cluster reports: the source lags, or what was seen could not be written. */
  restless: boolean;
  /** Monotonic moment from which a lagging source may be asked again. */
  askAgainAt: number;
}

/**
 * Observes what Flux makes of the reconciles that were asked for, and records it. Driven by the inventory's watches;
 * a tick looks at deadlines. Only targets that have something under observation cost anything.
 */
export class OutcomeHandler {
  readonly #deps: Observing;
  readonly #watched = new Map<string, Watched[]>();
  readonly #due = new Set<string>();
  #unsubscribe: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #working = false;
  #stopped = false;

  constructor(deps: Observing) {
    this.#deps = deps;
  }

  /** Takes up what was under observation when the journal was last open. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#deps.inventory.onChange((target) => this.#look(targetKey(target)));
    for (const reconcile of await this.#deps.journal.observing()) this.follow(reconcile);
    this.#tick();
  }

  /** Resolves when what is being written has been written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe?.();
    this.#cancelTick?.();
    await this.#running;
  }

  /** Begins to observe a reconcile. */
  follow(reconcile: Reconcile): void {
    const key = targetKey(reconcile.target);
    const list = this.#watched.get(key) ?? [];
    if (!list.some((watched) => watched.reconcile.id === reconcile.id)) {
      const askAgainAt = this.#deps.clock.monotonic() + limits.outcome.lagRetryBase;
      list.push({ reconcile, waited: 0, patience: 0, restless: false, askAgainAt });
    }
    this.#watched.set(key, list);
    this.#look(key);
  }

  #look(key: string): void {
    if (this.#stopped || !this.#watched.has(key)) return;
    this.#due.add(key);
    if (this.#working) return;
    this.#working = true;
    this.#running = this.#work();
  }

  async #work(): Promise<void> {
    // The inventory may report several objects of one write-up in one turn: look at them together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let key = first(this.#due); key !== undefined && !this.#stopped; key = first(this.#due)) {
      this.#due.delete(key);
      await this.#evaluate(key);
    }
    this.#working = false; // in the turn that found nothing due: what is reported next starts a new run
  }

  async #evaluate(key: string): Promise<void> {
    const all = this.#watched.get(key) ?? [];
    try {
      await this.#giveUpOldest(all);
      for (const watched of this.#watched.get(key) ?? []) await this.#observe(watched);
    } catch (error) {
      for (const watched of all) watched.restless = true;
      this.#deps.log.warn('an outcome could not be recorded, will retry', { target: key, error: messageOf(error) });
    }
  }

  /**
   * While a source-controller is away every push adds an attempt, and Flux will fetch the newest only. So that an outage of hours
   * costs no more than one of seconds, the oldest attempts that the source has not reached end here.
   */
  async #giveUpOldest(all: readonly Watched[]): Promise<void> {
    const unreached = all.filter(
      ({ reconcile }) => reconcile.state !== 'ended' && reconcile.steps.every(({ name }) => name !== 'artifact'),
    );
    for (const watched of unreached.slice(0, Math.max(0, all.length - limits.outcome.attemptsPerTarget))) {
      const at = this.#deps.clock.now();
      const message = 'newer revisions were asked for, again and again, before the source had this one';
      const steps = [{ at, name: 'superseded' as const, detail: message }];
      await this.#record(watched, { state: 'ended', outcome: 'superseded', reason: 'newer-revision', message, endedAt: at, steps });
    }
  }

  async #observe(watched: Watched): Promise<void> {
    const { clock } = this.#deps;
    const { reconcile } = watched;
    const seen = await this.#see(reconcile);
    watched.patience = seen.patience;
    watched.restless = seen.lagging;
    const progress = progressOf(reconcile, seen, clock.now());
    if (progress) await this.#record(watched, progress);
    if (watched.reconcile.state === 'ended') return;
    if (watched.waited >= seen.patience + limits.outcome.grace) return this.#record(watched, expired(watched.reconcile, seen, clock.now()));
    if (seen.lagging) await this.#askAgain(watched, seen);
  }

  /** Newer revisions are looked up only where they can matter: while the source has another artifact than the one that is wanted. */
  async #see(reconcile: Reconcile): Promise<Observation> {
    const { target, revision, token, published } = reconcile;
    const attempt = { revision, token, ...(published ? { digest: published.digest } : {}) };
    const alone = this.#deps.observer.observe(target, { ...attempt, newer: [] });
    if (alone.artifactReached || alone.artifactRevision === null) return alone;
    const newer = await this.#newerRevisions(reconcile);
    return newer.length === 0 ? alone : this.#deps.observer.observe(target, { ...attempt, newer });
  }

  /** Revisions whose arrival makes this attempt moot: of newer reconciles of the target, and of newer changes of its ref. */
  async #newerRevisions(reconcile: Reconcile): Promise<readonly string[]> {
    const { journal } = this.#deps;
    const queued = await journal.newer(targetKey(reconcile.target), reconcile.seq);
    const revisions = queued.map(({ revision }) => revision);
    const own = reconcile.revision === null ? undefined : await journal.change(reconcile.change);
    if (own) {
      const known = await this.#deps.recent.around(own);
      const later = known.slice(
        0,
        Math.max(
          0,
          known.findIndex(({ id }) => id === own.id),
        ),
      );
      revisions.push(...later.filter(({ lateFor }) => lateFor === null).map(({ revision }) => revision));
    }
    return [...new Set(revisions.filter((revision) => revision !== null && revision !== reconcile.revision))] as string[];
  }

  /**
   * The source answered our request from an older state of the repository (a mirror, a cache): ask once more, with back-off.
   * Only the target's newest reconcile asks: an older one would add patches of its own in a burst, and could write its token
   * over that of a newer one. A reconcile that is queued after this look is patched after ours: patches of one object keep their order.
   */
  async #askAgain(watched: Watched, seen: Observation): Promise<void> {
    const { clock, actuator, journal } = this.#deps;
    const { reconcile } = watched;
    if (reconcile.asks >= limits.outcome.lagRetries || clock.monotonic() < watched.askAgainAt) return;
    if ((await journal.newer(targetKey(reconcile.target), reconcile.seq)).length > 0) return;
    const token = requestToken(reconcile.createdAt, reconcile.seq, reconcile.asks);
    watched.askAgainAt = clock.monotonic() + Math.min(limits.outcome.lagRetryCap, limits.outcome.lagRetryBase * 2 ** reconcile.asks);
    await actuator.requestReconcile(reconcile.target, { token, run: reconcile.id });
    const detail = `the source served ${seen.artifactRevision ?? 'nothing'} instead of ${reconcile.revision ?? 'the head'}`;
    await this.#record(watched, { token, asks: reconcile.asks + 1, steps: [{ at: clock.now(), name: 'asked-again', detail }] });
  }

  async #record(watched: Watched, progress: Progress): Promise<void> {
    const before = watched.reconcile;
    const written = await this.#deps.journal.observe(before.id, progress);
    watched.reconcile = written ? applied(before, progress) : { ...before, state: 'ended' };
    if (watched.reconcile.state === 'ended') this.#forget(watched);
    if (!written) return;
    this.#deps.announcer.announce('reconcile', before.id);
    if (progress.outcome && progress.outcome !== before.outcome) this.#tell(watched.reconcile, progress.outcome);
  }

  #forget(watched: Watched): void {
    const key = targetKey(watched.reconcile.target);
    const rest = (this.#watched.get(key) ?? []).filter((other) => other !== watched);
    if (rest.length > 0) this.#watched.set(key, rest);
    else this.#watched.delete(key);
  }

  #tell(reconcile: Reconcile, outcome: Outcome): void {
    const { clock, metrics, events, log } = this.#deps;
    const { target, reason, message, revision, change } = reconcile;
    metrics.ended(target, outcome, reason, Math.max(0, clock.now() - reconcile.receivedAt) / 1000);
    const fields = {
      controllerKind: target.kind,
      name: target.name,
      namespace: target.namespace,
      target: targetKey(target),
      revision,
      outcome,
      reason,
    };
    log.info('reconcile outcome', fields);
    const event = eventOf(outcome);
    if (event) events.write(target, event, `${change} ${revision ?? 'head'}: ${outcome}${message ? `: ${message}` : ''}`);
  }

  /** Counts the time that passes while each cluster is in sight, and looks at what is due. */
  #tick(): void {
    this.#cancelTick = this.#deps.clock.after(limits.outcome.tick, () => {
      for (const [key, list] of this.#watched) {
        const inSight = list[0] !== undefined && this.#inSight(list[0].reconcile.target);
        for (const watched of list) if (inSight) watched.waited += limits.outcome.tick;
        if (list.some(({ waited, patience, restless }) => restless || waited >= patience + limits.outcome.grace)) this.#look(key);
      }
      this.#tick();
    });
  }

  #inSight(target: TargetRef): boolean {
    return this.#deps.observer.observe(target, { revision: null, token: null, newer: [] }).fresh;
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const value of set) return value;
  return undefined;
}

function eventOf(outcome: Outcome): TargetEvent['reason'] | undefined {
  if (outcome === 'applied') return 'HeadgateApplied';
  if (outcome === 'failed' || outcome === 'stalled' || outcome === 'timed_out') return 'HeadgateFailed';
  return outcome === 'skipped' ? 'HeadgateSkipped' : undefined;
}
