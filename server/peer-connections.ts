import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { addressBlock } from '#server/intake/address-block.ts';

/** Ends connections past the `most` that one peer may have open, so that nobody alone takes all that the listener bears. */
export function boundPeers(server: Pick<Server, 'on'>, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const peer = addressBlock(socket.remoteAddress ?? '');
    const count = (open.get(peer) ?? 0) + 1;
    open.set(peer, count);
    socket.once('close', () => {
      const left = (open.get(peer) ?? 1) - 1;
      if (left > 0) open.set(peer, left);
      else open.delete(peer);
    });
    if (count > most) socket.destroy();
  });
}
