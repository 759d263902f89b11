import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { closeServer, listenOn, portOf } from '#sandbox/listen.ts';
import type { NewHgChangeset } from '#sandbox/hg/changeset.ts';
import { answerHgweb, notFound, type Said } from '#sandbox/hg/hgweb.ts';
import { messageOf, sendMessage, type HookMessage, type HookSettings } from '#sandbox/hg/hook.ts';
import { HgRepository } from '#sandbox/hg/repository.ts';

export interface FakeHgHostOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** User → password: asked for by Basic. Default: anybody may read. */
  readonly users?: Readonly<Record<string, string>>;
}

/** What one push brings: changesets, oldest first, and where bookmarks go (null: away). */
export interface HgPush {
  readonly repository: string;
  /** Whom the web server has let in. */
  readonly by: string;
  readonly changesets?: readonly NewHgChangeset[];
  /** `new`: to the last changeset of this push. */
  readonly bookmarks?: Readonly<Record<string, string | null>>;
}

/** One delivery of the hook. */
export interface HookDelivery extends HookMessage {
  /** HTTP status; undefined without an answer. */
  readonly status: number | undefined;
}

/** A host of Mercurial repositories: hgweb on a loopback port, and a hook that tells of each push. */
export class FakeHgHost {
  readonly repositories = new Map<string, HgRepository>();
  /** Whatever the hook has sent. */
  readonly deliveries: HookDelivery[] = [];
  /** What hgweb was asked for. */
  readonly asked: string[] = [];
  readonly #options: FakeHgHostOptions;
  readonly #server = createServer((request, response) => void this.#handle(request, response).catch(() => response.destroy()));
  #port = 0;
  #hook: HookSettings | undefined;

  constructor(options: FakeHgHostOptions) {
    this.#options = options;
  }

  /** A repository `infra` is at `<url>/infra`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/hg`;
  }

  /** Listens; again at the same port after `stop`. */
  async start(): Promise<this> {
    await listenOn(this.#server, this.#port);
    this.#port = portOf(this.#server);
    return this;
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  /** Made when it is missing. */
  repository(name: string): HgRepository {
    const known = this.repositories.get(name) ?? new HgRepository();
    this.repositories.set(name, known);
    return known;
  }

  /** Installs the hook; undefined removes it. */
  setHook(hook: HookSettings | undefined): void {
    this.#hook = hook;
  }

  /** Takes a push, and lets the hook tell of it. @returns nodes of its changesets, oldest first */
  async push({ repository: name, by, changesets = [], bookmarks = {} }: HgPush): Promise<readonly string[]> {
    const repository = this.repository(name);
    const nodes = changesets.map((one) => repository.commit(one));
    const moved: Record<string, [string | null, string | null]> = {};
    for (const [bookmark, where] of Object.entries(bookmarks)) {
      const to = where === 'new' ? (nodes.at(-1) ?? null) : where;
      moved[bookmark] = [repository.bookmarks.get(bookmark) ?? null, to];
      if (to === null) repository.bookmarks.delete(bookmark);
      else repository.bookmarks.set(bookmark, to);
    }
    const pusher = { name: by, via: 'REMOTE_USER' };
    await this.deliver(messageOf({ repo: `${this.url}/${name}`, nodes, bookmarks: moved, pusher, at: this.#options.clock.now() }));
    return nodes;
  }

  /** Sends a message of the hook, signed now; nothing without a hook. */
  async deliver(message: HookMessage): Promise<HookDelivery | undefined> {
    if (this.#hook === undefined) return undefined;
    const { clock } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(limits.sandbox.webhookTimeout, () => late.abort());
    try {
      const delivery = { ...message, status: await sendMessage(this.#hook, message, clock.now(), late.signal) };
      this.deliveries.push(delivery);
      return delivery;
    } finally {
      cancel();
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const { status, type, body, headers = {} } = await this.#answer(request);
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  }

  /** Asked for as `/<repository>/<command>?…`, or as `/<repository>?cmd=<command>&…`. */
  async #answer({ url = '', headers, method }: IncomingMessage): Promise<Said> {
    if (!this.#lets(headers.authorization))
      return { status: 401, type: 'text/plain', body: 'no', headers: { 'www-authenticate': 'Basic realm="hg"' } };
    const { pathname, searchParams: query } = new URL(url, 'http://host');
    const parts = pathname.split('/').slice(2).map(decodeURIComponent);
    const command = query.get('cmd') ?? parts.pop() ?? '';
    const name = parts.join('/');
    this.asked.push(`${command} ${name}`);
    const repository = this.repositories.get(name);
    if (method !== 'GET' || repository === undefined) return notFound('repository not found');
    return answerHgweb(command, { name, repository, query });
  }

  #lets(authorization: string | undefined): boolean {
    const { users } = this.#options;
    if (users === undefined) return true;
    const [user = '', password] = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64')
      .toString()
      .split(':');
    return Object.hasOwn(users, user) && users[user] === password;
  }
}
