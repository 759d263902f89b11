import type { Client, Notification } from 'pg';
import { z } from 'zod';
import type { Announcement } from '#core/announcements.ts';
import type { Cancel, Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { abandon, clientConfig, type Postgres } from '#journal/postgres/connections.ts';

const bounds = limits.postgres.announcements;

const channel = 'headgate';

const Payload = z.array(z.tuple([z.enum(['delivery', 'change', 'decision', 'reconcile', 'record']), z.string()]));

type Listener = (announcement: Announcement) => void;

/** Carries announcements between the processes of one journal. What it loses costs time only. */
export interface PostgresAnnouncements {
  /** Never throws and never waits. */
  publish(announcement: Announcement): void;
  /** Told of what other processes published. */
  subscribe(listener: Listener): () => void;
  close(): Promise<void>;
}

/**
 * Announces by LISTEN and NOTIFY on a connection of its own, which is opened in the background and again whenever it breaks. It needs a session: through a
 * pooler that shares sessions between transactions nothing is heard.
 */
export function openAnnouncements(
  pg: Postgres,
  url: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): PostgresAnnouncements {
  const bridge = new Bridge(
    () => new pg.Client({ ...clientConfig(pg, url, 'announcements'), query_timeout: limits.postgres.answer }),
    clock,
    log,
  );
  bridge.open();
  return bridge;
}

class Bridge implements PostgresAnnouncements {
  readonly #newClient: () => Client;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();
  /** By what they say: the same twice is once. */
  readonly #waiting = new Map<string, Announcement>();
  /** The connection, once it listens. */
  #client: Client | undefined;
  #connecting: Promise<void> = Promise.resolve();
  #isSending = false;
  #isClosed = false;
  #cancelRetry: Cancel = () => {};
  #cancelBeat: Cancel = () => {};

  constructor(newClient: () => Client, clock: Clock, log: Log) {
    this.#newClient = newClient;
    this.#clock = clock;
    this.#log = log;
  }

  publish(announcement: Announcement): void {
    if (this.#isClosed || this.#waiting.size >= bounds.backlog) return;
    this.#waiting.set(`${announcement.kind} ${announcement.id}`, announcement);
    this.#sendSoon();
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open(): void {
    this.#connecting = this.#connect();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#cancelBeat();
    await this.#connecting;
    if (this.#client) abandon(this.#client);
    this.#client = undefined;
  }

  async #connect(): Promise<void> {
    const client = this.#newClient();
    client.on('error', () => {}); // `end` follows
    client.on('notification', (notification) => this.#hear(client, notification));
    try {
      await client.connect();
      await client.query(`SET synchronous_commit = off; LISTEN ${channel}`);
      client.on('end', () => this.#lose(client));
      this.#client = client;
      this.#beatLater(client);
      this.#sendSoon();
    } catch (error) {
      abandon(client);
      this.#log.debug('other processes are not heard of', { error: messageOf(error) });
      this.#retry();
    }
  }

  /** A connection that swallows everything shows only when something is asked of it. */
  #beatLater(client: Client): void {
    this.#cancelBeat = this.#clock.after(bounds.beat, () => {
      client.query('SELECT 1').then(
        () => this.#client === client && this.#beatLater(client),
        () => this.#lose(client),
      );
    });
  }

  #lose(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#cancelBeat();
    abandon(client);
    this.#log.debug('the connection for announcements broke');
    this.#retry();
  }

  #retry(): void {
    if (!this.#isClosed) this.#cancelRetry = this.#clock.after(bounds.retry, () => this.open());
  }

  /** What comes within a moment goes together: each NOTIFY is a commit, and those of all processes wait for one another. */
  #sendSoon(): void {
    if (this.#isSending || this.#client === undefined || this.#waiting.size === 0) return;
    this.#isSending = true;
    this.#clock.after(bounds.gather, () => void this.#send());
  }

  async #send(): Promise<void> {
    const client = this.#client;
    try {
      if (client) await client.query('SELECT pg_notify($1, $2)', [channel, this.#takePayload()]);
    } catch {
      if (client) this.#lose(client);
    } finally {
      this.#isSending = false;
      this.#sendSoon();
    }
  }

  /** As much as one notification holds: less than 8000 bytes (postgresql.org/docs/15/sql-notify.html). Ids are ASCII. */
  #takePayload(): string {
    const taken: [string, string][] = [];
    let size = 2;
    for (const [key, { kind, id }] of this.#waiting) {
      size += kind.length + id.length + 8;
      if (size > bounds.payload && taken.length > 0) break;
      taken.push([kind, id]);
      this.#waiting.delete(key);
    }
    return JSON.stringify(taken);
  }

  #hear(client: Client, { processId, payload }: Notification): void {
    if (processId === ownProcess(client)) return;
    for (const [kind, id] of parsed(payload)) for (const listener of this.#listeners) listener({ kind, id });
  }
}

/** Of the server's process that serves the connection; pg knows it and its types do not. */
function ownProcess(client: Client): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
}

/** Whoever may connect to the database may say anything there. */
function parsed(payload: string | undefined): z.output<typeof Payload> {
  try {
    return Payload.safeParse(JSON.parse(payload ?? '')).data ?? [];
  } catch {
    return []; // not JSON
  }
}
