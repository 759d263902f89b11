import type { Announcer } from '#core/announcements.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { DeliveryHandler } from '#handlers/delivery.ts';
import { journalling, Streams, type JournallingDeps } from '#handlers/streams.ts';
import type { Sweepers } from '#handlers/sweeper.ts';

export interface WatchedFlow extends Pick<JournallingDeps, 'clock' | 'log' | 'metrics'> {
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly announcer: Announcer;
  readonly deliveries: Pick<DeliveryHandler, 'accept'>;
  readonly sweepers: Pick<Sweepers, 'start' | 'stop' | 'ask'>;
}

/** Looks at all sources, and listens to those that have a stream, until the server stops. */
export function watchSources({ adapters, announcer, deliveries, sweepers, ...around }: WatchedFlow, starting: AsyncDisposableStack): void {
  sweepers.start();
  starting.defer(() => sweepers.stop());
  const deps: JournallingDeps = {
    ...around,
    accept: (delivery) => deliveries.accept(delivery),
    onAccepted: ({ id }) => announcer.announce('delivery', id),
    onGap: (source, cause) => sweepers.ask(source, cause),
  };
  const streams = new Streams((source) => journalling(source, deps), adapters.values());
  streams.start();
  starting.defer(() => streams.stop()); // before those whom it hands what it hears
}
