import type { EventStream, HeardEvent, StreamHealth, StreamHearer } from '#core/ports/event-stream.ts';

/** An EventStream for tests: says what it is told to say. */
export class FakeEventStream implements EventStream {
  /** What it was suspected of. */
  readonly suspicions: string[] = [];
  #health: StreamHealth;
  #hearer: StreamHearer | undefined;

  constructor(health: Partial<StreamHealth> = {}) {
    this.#health = { state: 'stopped', since: 0, message: null, heardAt: null, retryAt: null, ...health };
  }

  start(hearer: StreamHearer): void {
    this.#hearer = hearer;
    this.change({ state: 'streaming' });
  }

  stop(): Promise<void> {
    this.change({ state: 'stopped' });
    this.#hearer = undefined;
    return Promise.resolve();
  }

  health(): StreamHealth {
    return this.#health;
  }

  suspectMute(cause: string): void {
    this.suspicions.push(cause);
  }

  /** Something happens on it. @throws Error when nobody listens */
  tell(event: HeardEvent): Promise<void> {
    return this.#listening().heard(event);
  }

  lose(cause: string): void {
    this.#listening().gap(cause);
  }

  change(health: Partial<StreamHealth>): void {
    this.#health = { ...this.#health, ...health };
    this.#hearer?.changed(this.#health);
  }

  #listening(): StreamHearer {
    if (!this.#hearer) throw new Error('nobody listens');
    return this.#hearer;
  }
}
