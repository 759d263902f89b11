import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Cancel, Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { boundPeers } from '#server/peer-connections.ts';
import { readCertificate, watchCertificate, type CertificateFiles } from '#server/certificate.ts';

/** Bounds of one listener; limits.http and limits.intake unless a test shortens them. */
export type ListenLimits = Readonly<
  Record<
    | 'headerBytes'
    | 'headersTimeout'
    | 'requestTimeout'
    | 'connectionsCheckingInterval'
    | 'keepAliveTimeout'
    | 'maxConnections'
    | 'peerConnections',
    number
  >
>;

export interface ListenOptions {
  readonly app: RequestListener;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Where the address comes from, for errors: `spec.listen.webhook`. */
  readonly configKey: string;
  /** Serves https when given; the files are read again when they change. */
  readonly tls?: CertificateFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ListenLimits>;
}

/** A server that accepts connections. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:9292`, without a path. */
  readonly url: string;
  /** Accepts no more, lets requests under way finish for at most `graceMs`, then ends what is left. */
  close(graceMs: number): Promise<void>;
}

/**
 * Starts a listener with every bound set: Node's own leave slow clients open for minutes.
 * @throws HeadgateError PORT_BUSY, CONFIG_INVALID (the address cannot be used), SECRET_UNAVAILABLE (certificate)
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { server, stop } = createBounded(options);
  try {
    await started(server, options);
  } catch (error) {
    stop();
    throw error;
  }
  const { host, clock } = options;
  const port = portOf(server);
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    host,
    port,
    url: `${options.tls ? 'https' : 'http'}://${name}:${port}`,
    close(graceMs) {
      stop();
      return closed(server, clock, graceMs);
    },
  };
}

function createBounded(options: ListenOptions): { readonly server: Server; readonly stop: Cancel } {
  const bounds: ListenLimits = { ...limits.http, ...limits.intake, ...options.limits };
  const common: ServerOptions = {
    maxHeaderSize: bounds.headerBytes,
    headersTimeout: bounds.headersTimeout,
    requestTimeout: bounds.requestTimeout,
    connectionsCheckingInterval: bounds.connectionsCheckingInterval,
    keepAliveTimeout: bounds.keepAliveTimeout,
    insecureHTTPParser: false,
    requireHostHeader: true,
  };
  const { tls } = options;
  if (tls === undefined) {
    const server = createServer(common, options.app);
    bounded(server, bounds);
    return { server, stop: () => {} };
  }
  const handshakeTimeout = bounds.headersTimeout;
  const server = createTlsServer({ ...common, ...readCertificate(tls), minVersion: 'TLSv1.2', handshakeTimeout }, options.app);
  bounded(server, bounds);
  return { server, stop: watchCertificate(tls, (certificate) => server.setSecureContext(certificate), options) };
}

function bounded(server: Server, { maxConnections, peerConnections }: ListenLimits): void {
  server.maxConnections = maxConnections;
  boundPeers(server, peerConnections);
}

function started(server: Server, { host, port, configKey }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const place = `${host}:${port} (${configKey})`;
      if (error.code === 'EADDRINUSE')
        reject(new HeadgateError('PORT_BUSY', `${place} is in use`, { hint: `Stop the other process or change ${configKey}.` }));
      else
        reject(
          new HeadgateError('CONFIG_INVALID', `cannot listen on ${place}: ${messageOf(error)}`, {
            hint: `Change ${configKey}.`,
            cause: error,
          }),
        );
    };
    server.once('error', failed);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

/** Node closes idle connections once, when asked; one that becomes idle later would wait for its keep-alive timeout. */
function closed(server: Server, clock: Clock, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    let cancelSweep: Cancel = () => {};
    const sweep = (): void => {
      server.closeIdleConnections();
      cancelSweep = clock.after(limits.http.closeInterval, sweep);
    };
    // Who keeps a connection busy is told to open the next one elsewhere.
    server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
    const cancelEnd = clock.after(graceMs, () => server.closeAllConnections());
    server.close(() => {
      cancelSweep();
      cancelEnd();
      resolve();
    });
    sweep();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
