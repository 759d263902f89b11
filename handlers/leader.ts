import { pause, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Lead } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';

export interface LeaderDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<Lead, 'lead' | 'resign'>;
  /** Begins what only the process that leads does. What it defers to the term is done when the term ends. */
  readonly begin: (term: AsyncDisposableStack) => Promise<void>;
}

/**
 * Strives for the lead among the processes that share a journal, and begins and ends what only the leader does. A process that cannot renew
 * its lease ends its term before another can begin one; the journal refuses what it may still write after that.
 */
export class Leader {
  readonly #deps: LeaderDeps;
  readonly #stopping = new AbortController();
  #term: AsyncDisposableStack | undefined;
  /** When the lease was asked for that is held now, monotonic. */
  #askedAt = 0;
  #running: Promise<void> | undefined;

  constructor(deps: LeaderDeps) {
    this.#deps = deps;
  }

  get leads(): boolean {
    return this.#term !== undefined;
  }

  /**
   * Resolves when the first attempt is over: where nobody else leads, the term has begun.
   * @throws what `begin` or the journal rejects with at that attempt
   */
  async start(): Promise<void> {
    await this.#strive();
    this.#running = this.#run();
  }

  /** Ends the term, and gives the lead up for another process to take at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#end();
    await this.#resign();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps;
    for (;;) {
      await pause(clock, limits.lead.renew, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      try {
        await this.#strive();
      } catch (error) {
        log.warn('the lead could not be asked for, will retry', { error: messageOf(error), leads: this.leads });
        await this.#endIfLate();
      }
    }
  }

  async #strive(): Promise<void> {
    const askedAt = this.#deps.clock.monotonic();
    const isHeld = await this.#deps.journal.lead();
    if (isHeld) this.#askedAt = askedAt;
    if (isHeld && !this.#term) await this.#begin();
    if (!isHeld && this.#term) {
      this.#deps.log.warn('another process leads now');
      await this.#end();
    }
  }

  async #begin(): Promise<void> {
    const term = new AsyncDisposableStack();
    try {
      await this.#deps.begin(term);
    } catch (error) {
      await term.disposeAsync();
      await this.#resign();
      throw error;
    }
    this.#term = term;
    this.#deps.log.info('this process leads');
  }

  /** Whoever cannot reach the journal for the length of a lease has lost it. */
  async #endIfLate(): Promise<void> {
    const { clock, log } = this.#deps;
    if (!this.#term || clock.monotonic() - this.#askedAt < limits.lead.lease) return;
    log.warn('the lead could not be kept');
    await this.#end();
  }

  async #end(): Promise<void> {
    const term = this.#term;
    this.#term = undefined;
    await term?.disposeAsync();
  }

  async #resign(): Promise<void> {
    try {
      await this.#deps.journal.resign();
    } catch (error) {
      this.#deps.log.warn('the lead could not be given up: it ends by itself', { error: messageOf(error) });
    }
  }
}
