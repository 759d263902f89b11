import type { Client } from 'pg';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Reply } from '#journal/protocol.ts';
import { commitBatch } from '#journal/postgres/commit.ts';
import { abandon, clientConfig, sessionSettings, type Postgres } from '#journal/postgres/connections.ts';
import { Ledger } from '#journal/postgres/ledger.ts';
import type { Leading } from '#journal/postgres/operations/bulk.ts';
import type { PostgresCall } from '#journal/postgres/schedule.ts';
import type { Measure, ServerClock } from '#journal/postgres/server-clock.ts';
import { ServerFailure, Session } from '#journal/postgres/session.ts';

export interface CommitterOptions {
  readonly pg: Postgres;
  readonly url: string;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  /** Asks for the moment that leases are counted on. Default: the server. */
  readonly measure?: Measure | undefined;
  readonly leaseMs: number;
  readonly holder: string;
  /** Key of the references that stand for people in records. */
  readonly persons: Uint8Array;
}

/**
 * Commits batches on the one connection of a process that writes. Whatever breaks, hangs or is refused by the server costs the batch that was under way, of
 * which it is not known whether it was committed, and the connection; the next batch opens another one.
 */
export class Committer {
  readonly #options: CommitterOptions;
  /** Of one connection: what was given up may still be failing when the next one works. */
  #ledger: Ledger;
  #client: Client | undefined;
  #isOpen = false;
  readonly #leading: Leading;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.persons);
    this.#leading = { holder: options.holder, hasLed: false };
  }

  /** @throws ServerFailure when it is not known what came of the batch, within limits.postgres.batch */
  async commit(batch: readonly PostgresCall[]): Promise<readonly Reply[]> {
    try {
      return await this.#inTime(this.#attempt(batch));
    } catch (error) {
      this.#drop(this.#client);
      throw error;
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    await this.#inTime(client.end()).catch(() => abandon(client));
  }

  async #attempt(batch: readonly PostgresCall[]): Promise<readonly Reply[]> {
    const { serverClock, leaseMs, measure } = this.#options;
    const session = new Session(await this.#connected());
    const ledger = this.#ledger;
    if (serverClock.isStale()) await serverClock.measure(measure ?? (() => momentOf(session)));
    return commitBatch({ session, ledger, leaseMs, leading: this.#leading }, batch);
  }

  async #connected(): Promise<Client> {
    if (this.#client && this.#isOpen) return this.#client;
    const { pg, url, persons } = this.#options;
    const client = new pg.Client(clientConfig(pg, url, 'writer'));
    this.#client = client;
    this.#isOpen = false;
    this.#ledger = new Ledger(persons);
    client.on('error', () => this.#drop(client));
    client.on('end', () => this.#drop(client));
    await client.connect();
    await client.query(sessionSettings);
    if (this.#client !== client) throw new ServerFailure('the connection was given up');
    this.#isOpen = true;
    return client;
  }

  #drop(client: Client | undefined): void {
    if (!client || this.#client !== client) return;
    this.#client = undefined;
    this.#isOpen = false;
    abandon(client);
  }

  async #inTime<T>(task: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = this.#options.clock.after(limits.postgres.batch, () =>
      reject(new ServerFailure(`Postgres has not answered within ${limits.postgres.batch} ms`)),
    );
    try {
      return await Promise.race([task, late]);
    } finally {
      cancel();
    }
  }
}

async function momentOf(session: Session): Promise<number> {
  const [row] = await session.rows<{ now: number }>(
    { name: 'moment', text: 'SELECT extract(epoch FROM clock_timestamp())::double precision * 1000 AS now' },
    [],
  );
  return Number(row?.now);
}
