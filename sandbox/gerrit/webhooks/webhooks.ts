import { pause, type Clock } from '#core/clock.ts';
import type { GerritEvent } from '#sandbox/gerrit/events.ts';
import { gson, wrapped } from '#sandbox/gerrit/events.ts';
import { ALL_PROJECTS } from '#sandbox/gerrit/project.ts';
import { post, type Posted } from '#sandbox/gerrit/webhooks/post.ts';

/** A remote of `webhooks.config`, in the keys of the plugin's REST API. */
export interface WebhookRemote {
  readonly url: string;
  /** Types; none = all. */
  readonly events: readonly string[];
  readonly connection_timeout: number;
  readonly socket_timeout: number;
  readonly max_tries: number;
  readonly retry_interval: number;
  readonly ssl_verify: boolean;
}

/** One POST that was sent. */
export interface WebhookPost {
  readonly url: string;
  readonly body: string;
  /** HTTP status; undefined = no answer. */
  readonly status: number | undefined;
}

/** Inner tries of one task on 5xx: the plugin's global `maxTries` and the first. */
const INNER_TRIES = 6;
const THREADS = 2;
const taken: ReadonlySet<number> = new Set([200, 201, 202, 204]);

/**
 * The webhooks plugin: two threads, tries kept in memory, and two layers of them. 5xx is tried six times in its thread, and that as often as
 * the remote says; 4xx, 429, redirects and lost connections as often as the remote says. Listeners hear every event: no right is asked.
 */
export class Webhooks {
  readonly posts: WebhookPost[] = [];
  readonly #clock: Clock;
  readonly #origin: () => string;
  readonly #remotes = new Map<string, Map<string, WebhookRemote>>();
  readonly #waiting: (() => Promise<void>)[] = [];
  /** Host and port → credentials, once they were asked for. */
  readonly #credentials = new Map<string, string>();
  #threads = 0;
  #stopping = new AbortController();

  /** @param origin canonical URL of the server */
  constructor(clock: Clock, origin: () => string) {
    this.#clock = clock;
    this.#origin = origin;
  }

  remotes(project: string): ReadonlyMap<string, WebhookRemote> {
    return this.#remotes.get(project) ?? new Map();
  }

  put(project: string, name: string, remote: WebhookRemote): void {
    const all = this.#remotes.get(project) ?? new Map<string, WebhookRemote>();
    this.#remotes.set(project, all.set(name, remote));
  }

  delete(project: string, name: string): boolean {
    return this.#remotes.get(project)?.delete(name) ?? false;
  }

  /** The project's remotes, and those that it inherits. */
  hear(event: GerritEvent): void {
    const remotes = new Map([...this.remotes(ALL_PROJECTS), ...this.remotes(event.project)]);
    for (const remote of remotes.values()) {
      if (remote.events.length > 0 && !remote.events.includes(event.body.type)) continue;
      this.#enqueue(remote, gson(wrapped(event.body)), 1);
    }
  }

  /** What waits is forgotten, as when Gerrit restarts. */
  restart(): void {
    this.#waiting.length = 0;
    this.#stopping.abort();
    this.#stopping = new AbortController();
  }

  #enqueue(remote: WebhookRemote, body: string, attempt: number): void {
    const { signal } = this.#stopping;
    this.#waiting.push(() => this.#task(remote, body, attempt, signal));
    this.#next();
  }

  #next(): void {
    while (this.#threads < THREADS) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#threads += 1;
      void task().finally(() => {
        this.#threads -= 1;
        this.#next();
      });
    }
  }

  async #task(remote: WebhookRemote, body: string, attempt: number, signal: AbortSignal): Promise<void> {
    for (let inner = 1; !signal.aborted; inner += 1) {
      const { status, final } = await this.#send(remote, body, signal);
      if (final || (status !== undefined && taken.has(status))) return;
      if (status === undefined || status < 500 || inner >= INNER_TRIES) break;
      await pause(this.#clock, remote.retry_interval, signal);
    }
    if (attempt >= remote.max_tries || signal.aborted) return;
    void pause(this.#clock, remote.retry_interval, signal).then(() => {
      if (!signal.aborted) this.#enqueue(remote, body, attempt + 1);
    });
  }

  /** Basic credentials go out only after they were asked for; a second POST follows at once. */
  async #send(remote: WebhookRemote, body: string, signal: AbortSignal): Promise<Posted> {
    const url = new URL(remote.url);
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    if (user !== '') this.#credentials.set(url.host, Buffer.from(`${user}:${password}`).toString('base64'));
    const ask = async (basic: string | undefined): Promise<Posted> => {
      const posted = await post({
        url,
        body,
        origin: this.#origin(),
        basic,
        timeout: remote.socket_timeout,
        verify: remote.ssl_verify,
        signal,
      });
      this.posts.push({ url: remote.url, body, status: posted.status });
      return posted;
    };
    const first = await ask(undefined);
    const known = this.#credentials.get(url.host);
    return first.status === 401 && first.challenged && known !== undefined ? ask(known) : first;
  }
}
