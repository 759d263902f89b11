import type { Server } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { HeadgateError } from '#core/errors.ts';

/** Listens on a loopback port; 0 = any free one. @throws HeadgateError PORT_BUSY */
export function listenOn(server: Server, port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(isBusy(error) ? busy(host, port, error) : error);
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

/** Closes at once: no connection is waited for. */
export function closeServer(server: Server | undefined): Promise<void> {
  if (server === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function isBusy(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE';
}

function busy(host: string, port: number, cause: Error): HeadgateError {
  return new HeadgateError('PORT_BUSY', `${host}:${port} is in use by another process.`, {
    hint: 'Stop the process that listens there, then run this again.',
    cause,
  });
}

/** The port that a server listens on; 0 while it does not. */
export function portOf(server: NetServer | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
