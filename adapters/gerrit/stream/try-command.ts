import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Failure, Peer } from './failure.ts';
import type { HostKeys } from './host-keys.ts';

export interface Trial {
  readonly peer: Peer;
  readonly key: Buffer;
  readonly hostKeys: HostKeys;
  readonly command: string;
  readonly clock: Pick<Clock, 'after'>;
  /** It has worked once it has run for so long, milliseconds; undefined: once it has written something. */
  readonly settle?: number;
}

/** What came of a command: what it wrote, or why there is nothing. */
export type Tried = { readonly output: string } | { readonly failure: Failure };

/** Runs one command on a connection of its own, within limits.check.ssh, and takes the connection away. Never rejects. */
export async function tryCommand({ peer, key, hostKeys, command, clock, settle }: Trial): Promise<Tried> {
  const { openConnection } = await import('./connection.ts');
  const { promise, resolve } = Promise.withResolvers<Tried>();
  const closed = Promise.withResolvers<void>();
  let output = '';
  let cancelSettle = (): void => {};
  const late = clock.after(limits.check.ssh, () =>
    resolve({ failure: { kind: 'lost', message: `${peer.host}:${peer.port} has not answered within ${limits.check.ssh / 1_000} s` } }),
  );
  const connection = openConnection(
    { peer, key, hostKeys, command, keepaliveInterval: limits.eventStream.keepaliveInterval },
    {
      opened() {
        if (settle !== undefined) cancelSettle = clock.after(settle, () => resolve({ output }));
      },
      data(bytes) {
        if (output.length < limits.eventStream.complaintBytes) output += bytes.toString('latin1');
        if (settle === undefined && output.includes('\n')) resolve({ output });
      },
      failed: (failure) => resolve({ failure }),
      closed: () => closed.resolve(),
    },
  );
  const tried = await promise;
  late();
  cancelSettle();
  connection.close();
  const cut = clock.after(limits.eventStream.closeGrace, () => connection.cut());
  await closed.promise;
  cut();
  return tried;
}
