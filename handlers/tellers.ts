import type { Outbox } from '#core/ports/journal.ts';
import type { Sink, SinkHealth } from '#core/ports/sink.ts';
import { Teller, type Telling } from '#handlers/telling.ts';

export interface TellersDeps extends Telling {
  readonly journal: Telling['journal'] & Pick<Outbox, 'backlog'>;
}

/** The tellers of all sinks. None waits for another. */
export class Tellers {
  readonly #journal: TellersDeps['journal'];
  readonly #bySink: ReadonlyMap<string, Teller>;

  constructor(deps: TellersDeps, sinks: readonly Sink[]) {
    this.#journal = deps.journal;
    this.#bySink = new Map(sinks.map((sink) => [sink.name, new Teller(deps, sink)]));
  }

  start(): void {
    for (const teller of this.#bySink.values()) teller.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#bySink.values()].map((teller) => teller.stop()));
  }

  /** How far each sink is behind, and why. */
  async health(): Promise<readonly SinkHealth[]> {
    if (this.#bySink.size === 0) return [];
    const backlog = await this.#journal.backlog();
    return [...this.#bySink].map(([name, { trouble }]) => ({ name, oldestAt: backlog.get(name) ?? null, trouble }));
  }
}
