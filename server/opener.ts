import type { Clock } from '#core/clock.ts';
import type { Address } from '#config/network.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { listen, type Listener, type ListenOptions } from '#server/listen.ts';

interface PemFile {
  readonly file: string;
}

/** What the config says of the listeners. */
interface Listening<Name extends string> {
  readonly listen: Readonly<Record<Name, Address>>;
  readonly tls: { readonly webhook?: { readonly cert: PemFile; readonly key: PemFile } | undefined };
}

/** Opens one listener after the other, and has each closed at the end, in the opposite order. */
export function openerOf<Name extends string>(
  config: Listening<Name>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  starting: AsyncDisposableStack,
): (name: Name, app: ListenOptions['app']) => Promise<Listener> {
  return async (name, app) => {
    const certificate = name === 'webhook' ? config.tls.webhook : undefined;
    const tls = certificate && { cert: certificate.cert.file, key: certificate.key.file };
    const listener = await listen({ app, ...config.listen[name], configKey: `spec.listen.${name}`, clock, log, ...(tls ? { tls } : {}) });
    starting.defer(() => listener.close(limits.http.requestTimeout));
    return listener;
  };
}
