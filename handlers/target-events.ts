import type { Change } from '#core/change.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { Pace } from '#core/pace.ts';
import type { Actuator, TargetEvent } from '#core/ports/clusters.ts';
import { isPoliciesTarget } from '#core/policies-target.ts';
import type { Match } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import { describeChange, describeDecision } from '#handlers/words.ts';

export interface TargetEvents {
  readonly clock: Clock;
  readonly actuator: Pick<Actuator, 'emitEvent'>;
  readonly log: Log;
}

/**
 * Tells the story on the object itself, so that `kubectl describe` shows it. The journal is the record: a lost Event is logged, no more.
 * Of one reason an object bears so many at once and then one after each interval, as with every recorder of client-go
 * (tools/record/events_cache.go, EventSourceObjectSpamFilter): a busy branch must not fill etcd.
 */
export class TargetEventWriter {
  readonly #deps: TargetEvents;
  /** By target and reason, that used longest ago first. */
  readonly #paces = new Map<string, Pace>();
  #underWay = 0;

  constructor(deps: TargetEvents) {
    this.#deps = deps;
  }

  /** One Event for each target that the newest of the changes was denied for. */
  decided(match: Match): void {
    for (const decision of match.decisions) {
      if (decision.verdict === 'allow' || isPoliciesTarget(decision.target)) continue;
      this.write(decision.target, 'HeadgateDenied', `${describeChange(match.change)}: ${describeDecision(decision)}`);
    }
  }

  skipped(target: TargetRef, change: Change, why: string): void {
    this.write(target, 'HeadgateSkipped', `${describeChange(change)}: ${why}`);
  }

  /** Does not wait and does not throw. Past a bound of Events under way further ones are dropped, with a log line. */
  write(target: TargetRef, reason: TargetEvent['reason'], message: string): void {
    if (this.#underWay >= limits.kube.eventsUnderWay) {
      this.#deps.log.warn('a Kubernetes Event was dropped: too many are under way', { target: targetKey(target), reason });
      return;
    }
    if (this.#pace(`${targetKey(target)} ${reason}`).take() > 0) {
      this.#deps.log.debug('a Kubernetes Event was left out: the object has had many', { target: targetKey(target), reason });
      return;
    }
    this.#underWay++;
    const type = normal.has(reason) ? 'Normal' : 'Warning';
    this.#deps.actuator
      .emitEvent(target, { type, reason, message })
      .catch((error: unknown) => this.#failed(target, error))
      .finally(() => this.#underWay--);
  }

  #pace(key: string): Pace {
    const { eventBurst, eventInterval, eventPaces } = limits.kube;
    const pace = this.#paces.get(key) ?? new Pace(this.#deps.clock, eventBurst, eventInterval);
    this.#paces.delete(key);
    this.#paces.set(key, pace);
    const [oldest] = this.#paces.keys();
    if (this.#paces.size > eventPaces && oldest !== undefined) this.#paces.delete(oldest);
    return pace;
  }

  #failed(target: TargetRef, error: unknown): void {
    const refused = error instanceof HeadgateError && error.code === 'CLUSTER_REFUSED';
    this.#deps.log[refused ? 'warn' : 'debug']('a Kubernetes Event was not written', {
      target: targetKey(target),
      error: messageOf(error),
    });
  }
}

const normal: ReadonlySet<TargetEvent['reason']> = new Set(['HeadgateTriggered', 'HeadgateApplied', 'HeadgatePoliciesChanged']);
