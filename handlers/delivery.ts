import { backOff, pause } from '#core/clock.ts';
import type { Delivery, NewDelivery } from '#core/delivery.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { forEachAtOnce } from '#core/for-each-at-once.ts';
import { limits } from '#core/limits.ts';
import type { Settlement } from '#core/ports/journal.ts';
import { Arrivals } from '#handlers/arrivals.ts';
import type { DeliveryHandling } from '#handlers/delivery-handling.ts';
import { handleGroup } from '#handlers/group.ts';
import { lagStep } from '#handlers/lag.ts';
import { pendingTurns } from '#handlers/pending-turns.ts';
import { RecentChanges } from '#handlers/recent-changes.ts';
import { settle } from '#handlers/settle.ts';

/**
 * Takes pending deliveries through confirm, match and decide, the oldest of each source first, in rounds.
 * Deliveries of one ref are handled together. The journal is the queue: what is not settled is found again.
 * A source that must be asked has a lane of its own, so that a slow one holds up no other.
 */
export class DeliveryHandler {
  readonly #deps: DeliveryHandling;
  readonly #recent: RecentChanges;
  readonly #arrivals: Arrivals;
  readonly #stopping = new AbortController();
  /** Sources that are being asked, each with what it is at. */
  readonly #lanes = new Map<string, Promise<void>>();
  #awake = false;
  #wakeUp: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: DeliveryHandling) {
    this.#deps = deps;
    this.#recent = new RecentChanges(deps.journal);
    this.#arrivals = new Arrivals(deps, this.#recent, {
      isIdle: () => this.#wakeUp !== undefined && !this.#awake,
      onPending: () => this.wake(),
    });
  }

  /** Journals a delivery that has just come, and sees to it that it is handled. As DeliveryLog.append. */
  accept(delivery: NewDelivery): Promise<{ readonly id: string; readonly known: boolean }> {
    return this.#arrivals.accept(delivery);
  }

  /** What was written lately, for others who would have to read it. */
  get recent(): Pick<RecentChanges, 'around'> {
    return this.#recent;
  }

  /** There is something pending. */
  wake(): void {
    this.#awake = true;
    this.#wakeUp?.();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the round and the lanes under way have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wakeUp?.();
    await Promise.all([this.#running, this.#arrivals.settled()]);
    await this.idle();
  }

  /** Resolves when no source is being asked. */
  async idle(): Promise<void> {
    await Promise.all(this.#lanes.values());
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        const handled = await this.round();
        failures = 0;
        if (handled < limits.journal.pendingBatch) await this.#sleep();
      } catch (error) {
        this.#deps.log.error('deliveries cannot be handled, will retry', { error: messageOf(error) });
        await pause(this.#deps.clock, backOff(this.#deps.clock, failures++, 200, 5_000), this.#stopping.signal);
      }
    }
  }

  /** Until woken, stopped, or the safety net's interval has passed. */
  #sleep(): Promise<void> {
    if (this.#awake || this.#stopping.signal.aborted) {
      this.#awake = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(limits.journal.pendingPoll, () => this.#wakeUp?.());
      this.#wakeUp = () => {
        cancel();
        this.#wakeUp = undefined;
        this.#awake = false;
        resolve();
      };
    });
  }

  /** Handles the oldest pending deliveries of each source, or begins to where it must be asked. @returns how many there were */
  async round(): Promise<number> {
    await this.#arrivals.settled(); // what they bring has to be known to what comes after them
    const turns = await pendingTurns(this.#deps.journal, [...this.#lanes.keys()]);
    for (const { source, deliveries } of turns) {
      if (this.#deps.adapters.get(source)?.readBack) this.#openLane(source, deliveries);
      else await this.#turn(deliveries);
    }
    return turns.reduce((sum, { deliveries }) => sum + deliveries.length, 0);
  }

  /** Written together, so that a backlog takes few commits. Nothing here waits for anything outside, so requests are let in now and then. */
  async #turn(deliveries: readonly Delivery[]): Promise<void> {
    const { clock } = this.#deps;
    const settlements: Settlement[] = [];
    let since = clock.monotonic();
    for (const group of groupByRef(deliveries)) {
      settlements.push(...(await this.#attempt(group)));
      if (clock.monotonic() - since < limits.journal.turnSlice) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = clock.monotonic();
    }
    if (settlements.length > 0) await settle(this.#deps, this.#recent, settlements);
  }

  #openLane(source: string, deliveries: readonly Delivery[]): void {
    const close = (): void => {
      this.#lanes.delete(source);
      this.wake();
    };
    this.#lanes.set(source, this.#ask(source, deliveries).finally(close));
  }

  /** A few refs at once; what fails here stays pending. */
  async #ask(source: string, deliveries: readonly Delivery[]): Promise<void> {
    try {
      await forEachAtOnce(groupByRef(deliveries), limits.readBack.atOnce, async (group) => {
        const settlements = this.#stopping.signal.aborted ? [] : await this.#attempt(group);
        if (settlements.length > 0) await settle(this.#deps, this.#recent, settlements);
      });
    } catch (error) {
      this.#deps.log.error('deliveries cannot be handled, will retry', { source, error: messageOf(error) });
      await pause(this.#deps.clock, limits.readBack.backOffBase, this.#stopping.signal);
    }
  }

  /** A group that fails is handled one by one, so that one bad delivery holds up no other; but not when it is the source that fails. */
  async #attempt(group: readonly Delivery[]): Promise<readonly Settlement[]> {
    try {
      return await handleGroup(this.#deps, this.#recent, group);
    } catch (error) {
      if (error instanceof HeadgateError && error.code === 'JOURNAL_UNAVAILABLE') throw error;
      if (isAway(error)) {
        await this.#wait(group, error);
        return [];
      }
      if (group.length > 1) {
        const apart: Settlement[] = [];
        for (const delivery of group) apart.push(...(await this.#attempt([delivery])));
        return apart;
      }
      for (const delivery of group) await this.#defer(delivery, error);
      return [];
    }
  }

  /** The source is out of reach: its deliveries stay pending for as long as it takes. */
  async #wait(group: readonly Delivery[], error: HeadgateError): Promise<void> {
    if (error.code === 'SOURCE_LAGGING') return this.#askAgainSoon(group, error);
    const { clock, journal, log } = this.#deps;
    const { backOffBase, backOffCap } = limits.readBack;
    const attempts = Math.min(...group.map((delivery) => delivery.attempts));
    const retryIn = error.retryAfter ?? backOff(clock, attempts, backOffBase, backOffCap);
    await Promise.all(group.map(({ id }) => journal.defer(id, error.message, retryIn)));
    log.warn('a source cannot confirm, will ask again', { ...about(group), code: error.code, error: error.message });
  }

  /** In steps that are shorter than the interval at which the journal is looked at. */
  async #askAgainSoon(group: readonly Delivery[], error: HeadgateError): Promise<void> {
    const { clock, journal, log } = this.#deps;
    const newest = Math.max(...group.map(({ receivedAt }) => receivedAt));
    const retryIn = lagStep(clock, clock.now() - newest);
    await Promise.all(group.map(({ id }) => journal.defer(id, error.message, retryIn)));
    clock.after(retryIn, () => this.wake());
    log.debug('a source does not show yet what it announced, will ask again', { ...about(group), error: error.message });
  }

  async #defer(delivery: Delivery, error: unknown): Promise<void> {
    const { clock, journal, log, metrics, announcer } = this.#deps;
    const last = delivery.attempts + 1 >= limits.journal.deliveryAttempts;
    const retryIn = last ? null : backOff(clock, delivery.attempts, limits.journal.deliveryBackOffBase, limits.journal.deliveryBackOffCap);
    await journal.defer(delivery.id, messageOf(error), retryIn);
    if (!last)
      return log.warn('a delivery could not be handled, will retry', {
        delivery: delivery.id,
        source: delivery.source,
        error: messageOf(error),
      });
    metrics.deliveryDead(delivery.source);
    announcer.announce('delivery', delivery.id);
    log.error('a delivery is dead', { delivery: delivery.id, source: delivery.source, error: messageOf(error) });
  }
}

/** For the log. */
function about([first, ...others]: readonly Delivery[]): Record<string, unknown> {
  return { source: first?.source, repository: first?.hint?.repository, ref: first?.hint?.ref, deliveries: 1 + others.length };
}

/** The deliveries of each ref, oldest first. */
function groupByRef(deliveries: readonly Delivery[]): readonly (readonly Delivery[])[] {
  const groups = Map.groupBy(deliveries, ({ source, hint }) => JSON.stringify([source, hint?.repository, hint?.ref]));
  return [...groups.values()];
}

function isAway(error: unknown): error is HeadgateError {
  return error instanceof HeadgateError && AWAY.has(error.code);
}

/** A tool or a file that asking needs can be put right while deliveries wait, as a source that is away comes back. */
const AWAY: ReadonlySet<string> = new Set([
  'SOURCE_UNREACHABLE',
  'SOURCE_LIMITED',
  'SOURCE_REFUSED',
  'SOURCE_LAGGING',
  'TOOL_MISSING',
  'CONFIG_INVALID',
]);
