import assert from 'node:assert/strict';
import type { Journal } from '#core/ports/journal.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { loadPostgres } from '#journal/postgres/connections.ts';
import { openPostgresJournal, type PostgresJournalOptions } from '#journal/postgres/open.ts';
import { openReader } from '#journal/postgres/reader.ts';
import { chainOf } from '#journal/postgres/read-chain.ts';
import { verifyChainInTurn } from '#journal/records/verify-chain.ts';
import type { JournalWorld } from '../../journal/model/journal-world.ts';
import { FaultProxy } from '../../faults/fault-proxy.ts';
import type { PostgresServer } from './server.ts';

const leaseMs = 60_000;

/** A journal in a fresh database, on a simulated clock that stands for the server's too. What it holds must be sound when it is destroyed. */
export class PostgresWorld implements JournalWorld {
  readonly leaseMs = leaseMs;
  readonly shared = true;
  readonly clock: SimulatedClock;
  readonly database: string;
  readonly #server: PostgresServer;
  #more: Partial<PostgresJournalOptions>;
  #opened: Opened;

  private constructor(
    server: PostgresServer,
    database: string,
    opened: Opened,
    more: Partial<PostgresJournalOptions>,
    clock: SimulatedClock,
  ) {
    this.#server = server;
    this.database = database;
    this.#opened = opened;
    this.#more = more;
    this.clock = clock;
  }

  /** @param template a database that holds an empty journal */
  static async open(server: PostgresServer, template?: string, more: Partial<PostgresJournalOptions> = {}): Promise<PostgresWorld> {
    const clock = new SimulatedClock();
    const database = await server.createDatabase(template);
    return new PostgresWorld(server, database, await openBehindProxy(server, database, clock, more), more, clock);
  }

  get journal(): Journal {
    return this.#opened.journal;
  }

  /** The network between the journal and its server. */
  get network(): FaultProxy {
    return this.#opened.network;
  }

  get url(): string {
    return this.#server.url(this.database);
  }

  elapse(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  jump(ms: number): void {
    this.clock.jump(ms);
  }

  async reopen(sinks?: readonly string[]): Promise<void> {
    await closeBoth(this.#opened);
    if (sinks) this.#more = { ...this.#more, sinks };
    this.#opened = await this.#open();
  }

  /** Another process on the same journal. Whoever opens it closes it. */
  another(more: Partial<PostgresJournalOptions> = {}): Promise<Journal> {
    return openJournal(this.url, this.clock, { ...this.#more, ...more });
  }

  /** The process is gone: nothing has been closed, and what it held it holds until that expires. */
  async crash(): Promise<void> {
    const gone = this.#opened;
    gone.network.refuse();
    gone.network.cut();
    this.#opened = await this.#open();
    await gone.journal.close().catch(() => {}); // it has nobody to say farewell to
    await gone.network.close();
  }

  async destroy(): Promise<void> {
    try {
      await closeBoth(this.#opened);
      await this.check();
    } finally {
      await this.#server.dropDatabase(this.database);
    }
  }

  #open(): Promise<Opened> {
    return openBehindProxy(this.#server, this.database, this.clock, this.#more);
  }

  /** The chain whole, and the counters right. */
  async check(): Promise<void> {
    const reader = openReader(await loadPostgres(), this.url);
    try {
      const sums = `SELECT state, sum(deliveries)::bigint AS n FROM tally WHERE state IN ('done', 'ignored') GROUP BY state HAVING sum(deliveries) <> 0 ORDER BY state`;
      const counts = `SELECT state, count(*) AS n FROM delivery WHERE state IN ('done', 'ignored') GROUP BY state ORDER BY state`;
      assert.deepEqual(await reader.rows(sums), await reader.rows(counts));
      await reader.snapshot(async (moment) => {
        const { base, links } = await chainOf(moment);
        assert.equal((await verifyChainInTurn(base, links, [])).fault, null);
      });
    } finally {
      await reader.close();
    }
  }
}

interface Opened {
  readonly journal: Journal;
  readonly network: FaultProxy;
}

async function openBehindProxy(
  server: PostgresServer,
  database: string,
  clock: SimulatedClock,
  more: Partial<PostgresJournalOptions>,
): Promise<Opened> {
  const network = await FaultProxy.open(server.port);
  try {
    return { network, journal: await openJournal(server.url(database, network.port), clock, more) };
  } catch (error) {
    await network.close();
    throw error;
  }
}

async function closeBoth({ journal, network }: Opened): Promise<void> {
  await journal.close();
  await network.close();
}

function openJournal(url: string, clock: SimulatedClock, more: Partial<PostgresJournalOptions>): Promise<Journal> {
  return openPostgresJournal({ url, clock, log: silentLog, leaseMs, measure: async () => clock.monotonic(), ...more });
}
