import { randomBytes, randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { sendPush, type Hook, type Push, type Receipt } from './forge.ts';

/** What the senders know after a run: what they sent, and what they were promised. */
export interface Ledger {
  /** Sender's delivery id → the id that a 2xx answer promised. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Every delivery id that was sent at all. */
  readonly sent: ReadonlySet<string>;
  /** Deliveries that were answered 200: known already. */
  readonly known: number;
  /** Connections that broke before an answer. */
  readonly broken: number;
  /** Other answers: status → how often. */
  readonly refused: ReadonlyMap<number, number>;
}

export interface Load {
  readonly ledger: Ledger;
  /** Resolves when the senders have stopped. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly senders: number;
  /** Full names of repositories, drawn evenly. */
  readonly repositories: readonly string[];
  /** Milliseconds that each sender waits between two pushes. */
  readonly pause: number;
}

/**
 * Signed pushes from several senders without end, through crashes: as a forge does, a sender goes on after a broken
 * connection, and one in ten times sends a delivery again, be it acknowledged or not.
 */
export function startLoad(to: Hook, options: LoadOptions): Load {
  const ledger = {
    acknowledged: new Map<string, string>(),
    sent: new Set<string>(),
    known: 0,
    broken: 0,
    refused: new Map<number, number>(),
  };
  const agent = new Agent({ keepAlive: true, maxSockets: options.senders });
  let running = true;
  const sender = async (): Promise<void> => {
    let last: Push | undefined;
    while (running) {
      const push: Push = last !== undefined && Math.random() < 0.1 ? last : newPush(options.repositories);
      last = push;
      ledger.sent.add(push.deliveryId ?? '');
      try {
        note(ledger, await sendPush(to, push, agent));
      } catch {
        ledger.broken++;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (options.pause > 0) await new Promise((resolve) => setTimeout(resolve, options.pause));
    }
  };
  const senders = Array.from({ length: options.senders }, sender);
  return {
    ledger,
    async stop() {
      running = false;
      await Promise.all(senders);
      agent.destroy();
    },
  };
}

function newPush(repositories: readonly string[]): Push {
  return {
    repository: repositories[Math.floor(Math.random() * repositories.length)] ?? 'org/none',
    after: randomBytes(20).toString('hex'),
    deliveryId: randomUUID(),
    filler: 2_000,
  };
}

function note(ledger: { acknowledged: Map<string, string>; known: number; refused: Map<number, number> }, receipt: Receipt): void {
  const { status, deliveryId, body } = receipt;
  if (status !== 202 && status !== 200) return void ledger.refused.set(status, (ledger.refused.get(status) ?? 0) + 1);
  if (status === 200) ledger.known++;
  const promised = ledger.acknowledged.get(deliveryId) ?? body.delivery;
  if (promised === undefined || promised !== body.delivery)
    throw new Error(`${deliveryId} was promised ${promised} and then ${body.delivery}`);
  ledger.acknowledged.set(deliveryId, promised);
}
