import type { News, Sink } from '#core/ports/sink.ts';

/** A sink in memory, for tests of whatever tells. */
export class FakeSink implements Sink {
  readonly name: string;
  /** Everything that it was told and took, in order. */
  readonly taken: News[] = [];
  /** What `tell` throws; undefined: it takes everything. */
  failure: Error | undefined;
  /** What it wants to be told of. */
  filter: (news: News) => boolean = () => true;
  /** `tell` waits for this. */
  gate: Promise<void> = Promise.resolve();
  /** How often it was told, taken or not. */
  asked = 0;

  constructor(name: string) {
    this.name = name;
  }

  wants(news: News): boolean {
    return this.filter(news);
  }

  async tell(news: News): Promise<void> {
    this.asked++;
    await this.gate;
    if (this.failure) throw this.failure;
    this.taken.push(news);
  }
}
