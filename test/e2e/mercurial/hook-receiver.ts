import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { hookSender } from '#adapters/hg/hook-sender.ts';
import { hgReceiver } from '#adapters/hg/receive.ts';
import { systemClock } from '#core/clock.ts';
import type { Hint } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';

export interface TakenDelivery {
  readonly deliveryId: string;
  readonly hint: Hint;
  /** The payload as sent. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Where hooks deliver to: it authenticates and reads as the server does, and answers as it does, so far as a hook can tell. */
export interface HookReceiver {
  readonly url: string;
  /** What was answered 202, in order. */
  readonly taken: readonly TakenDelivery[];
  /** What was answered 200, because its id was known. */
  readonly known: readonly TakenDelivery[];
  /** Status and code of what was refused. */
  readonly refused: readonly string[];
  /** Answers everything so from now on; undefined = as it should. */
  answer(instead: ((response: ServerResponse) => void) | undefined): void;
  /** Nothing listens any more, until `back`. */
  away(): Promise<void>;
  back(): Promise<void>;
  close(): Promise<void>;
}

/** @param secret that hooks sign with; repositories lie below `https://hg.example.com/` */
export async function startHookReceiver(secret: string): Promise<HookReceiver> {
  const [taken, known, refused]: [TakenDelivery[], TakenDelivery[], string[]] = [[], [], []];
  let instead: ((response: ServerResponse) => void) | undefined;
  const receive = hgReceiver(
    {
      sender: hookSender,
      webhook: { secrets: [{ env: 'UNUSED' }], tokens: [] },
      repositoryAt: (url) => /^https:\/\/hg\.example\.com\/(.+)$/.exec(url)?.[1],
      clock: systemClock,
    },
    () => [Buffer.from(secret)],
  );
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (instead) return instead(response);
    const body = Buffer.concat(parts);
    try {
      const received = receive({ headers: request.headersDistinct, body });
      if ('unrecorded' in received || 'ignored' in received.reading) throw new Error('nothing came of it');
      const { deliveryId, reading } = received;
      const isKnown = taken.some((one) => one.deliveryId === deliveryId);
      const payload = JSON.parse(body.toString()) as TakenDelivery['payload'];
      (isKnown ? known : taken).push({ deliveryId, hint: reading.hint, payload });
      const at = taken.findIndex((one) => one.deliveryId === deliveryId);
      response.writeHead(isKnown ? 200 : 202, { 'content-type': 'application/json' }).end(JSON.stringify({ delivery: `dlv_${at}` }));
    } catch (error) {
      const { status, code } = error instanceof HeadgateError ? error : { status: 500, code: String(error) };
      refused.push(`${status} ${code}`);
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ code }));
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}/hooks/hg`,
    taken,
    known,
    refused,
    answer: (other) => (instead = other),
    away: () => stop(server),
    async back() {
      await listen(server, port);
    },
    close: () => stop(server),
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
