import type { EventStream, StreamHealth } from '#core/ports/event-stream.ts';

/** A stream of events that somebody else speaks for. */
export class FakeStream implements EventStream {
  state: StreamHealth['state'] = 'streaming';
  since = 0;
  heardAt: number | null = null;
  /** What it was told to be mute for. */
  readonly suspicions: string[] = [];

  start(): void {}

  stop(): Promise<void> {
    return Promise.resolve();
  }

  health(): StreamHealth {
    return { state: this.state, since: this.since, message: null, heardAt: this.heardAt, retryAt: null };
  }

  suspectMute(cause: string): void {
    this.suspicions.push(cause);
  }
}
