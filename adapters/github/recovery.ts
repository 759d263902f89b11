import type { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Missed, MissedQuestion, RecoveredDelivery } from '#core/ports/source-adapter.ts';
import { HookDeliveries, HookDelivery, Hooks } from './api-answers.ts';
import type { Asking, GithubClient, Parameters, RestAnswer } from './client.ts';
import type { GithubApiAccess } from './open-api.ts';
import { keptHeaders } from './receive.ts';

/** Whose webhooks: `/repos/{owner}/{repo}`, `/orgs/{org}` or the App. */
interface Owner {
  /** For people: `org/app`, `org`, `the App`. */
  readonly name: string;
  readonly route: string;
  readonly parameters: Parameters;
  readonly asking: Asking;
}

/**
 * Reads GitHub's own record of webhook deliveries (docs.github.com "Handling failed webhook deliveries"): GitHub never sends one again
 * by itself, but keeps what it sent for three days, on an Enterprise Server for seven. The payload comes over the authenticated API and
 * is serialised anew, so that its signature says nothing about it.
 * @param source the hooks that count are those whose URL ends in `/hooks/{source}`
 */
export function createRecovery(
  { client, asApp }: GithubApiAccess,
  source: string,
  clock: Clock,
): (asked: MissedQuestion) => Promise<Missed> {
  return async (asked) => {
    const asking: Asking = { until: clock.monotonic() + limits.github.recoveryTimeout, largeIds: true };
    const recovery = new Recovery(client, source, asked);
    for (const owner of ownersOf(asked.repositories, asking)) await recovery.hooksOf(owner);
    if (asApp !== undefined) {
      const app = { name: 'the App', route: '/app/hook', parameters: {}, asking: { ...asking, authorization: await asApp() } };
      await recovery.deliveriesOf(app);
    }
    // GitHub lists the newest first, also among those of one moment.
    const deliveries = [...recovery.found.values()].toReversed().toSorted((a, b) => a.at - b.at);
    return { deliveries, unread: recovery.unread };
  };
}

function ownersOf(repositories: readonly string[], asking: Asking): readonly Owner[] {
  const places = repositories.flatMap((name) => {
    const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(name) ?? [];
    return owner === undefined || repo === undefined ? [] : [{ name, owner, repo }];
  });
  const organizations = [...new Set(places.map(({ owner }) => owner))];
  return [
    ...places.map(({ name, owner, repo }) => ({ name, route: '/repos/{owner}/{repo}/hooks', parameters: { owner, repo }, asking })),
    ...organizations.map((org) => ({ name: org, route: '/orgs/{org}/hooks', parameters: { org }, asking })),
  ];
}

class Recovery {
  readonly found = new Map<string, RecoveredDelivery>();
  /** Whose hooks these credentials may not read. */
  readonly unread: string[] = [];
  readonly #client: GithubClient;
  readonly #path: string;
  readonly #asked: MissedQuestion;

  constructor(client: GithubClient, source: string, asked: MissedQuestion) {
    this.#client = client;
    this.#path = `/hooks/${source}`;
    this.#asked = asked;
  }

  async hooksOf(owner: Owner): Promise<void> {
    const hooks = await this.#read(owner, Hooks, '', { per_page: limits.github.page });
    for (const { id, config } of hooks?.data ?? []) {
      if (!this.#isOurs(config.url)) continue;
      await this.deliveriesOf({ ...owner, route: `${owner.route}/{hook_id}`, parameters: { ...owner.parameters, hook_id: id } });
    }
  }

  /** Newest first, until they are older than asked for. */
  async deliveriesOf(hook: Owner): Promise<void> {
    let cursor: string | undefined;
    for (let page = 0; page < limits.github.deliveryPages; page++) {
      const at = { per_page: limits.github.page, ...(cursor === undefined ? {} : { cursor }) };
      const listed = await this.#read(hook, HookDeliveries, '/deliveries', at);
      if (listed === undefined) return;
      const recent = listed.data.filter((each) => Date.parse(each.delivered_at) >= this.#asked.since);
      await this.#fetch(hook, recent);
      cursor = nextCursor(listed.answer);
      if (cursor === undefined || recent.length < listed.data.length) return;
    }
  }

  async #fetch(hook: Owner, listed: z.infer<typeof HookDeliveries>): Promise<void> {
    const known = await this.#asked.known(listed.map(({ guid }) => guid));
    for (const { id, guid } of listed) {
      if (known.has(guid) || this.found.has(guid)) continue;
      const read = await this.#read(hook, HookDelivery, '/deliveries/{delivery_id}', { delivery_id: id }, false);
      const delivery = read && this.#isOurs(read.data.url, true) ? recovered(read.data) : undefined;
      if (delivery !== undefined) this.found.set(guid, delivery);
    }
  }

  #isOurs(url: string | undefined, otherwise = false): boolean {
    return url === undefined ? otherwise : URL.canParse(url) && new URL(url).pathname.endsWith(this.#path);
  }

  /** Undefined, and noted, when these credentials do not reach that far. */
  async #read<T>(owner: Owner, schema: z.ZodType<T>, route: string, more: Parameters, largeIds = true) {
    const full = `GET ${owner.route}${route}`;
    const answer = await this.#client.send(full, { ...owner.parameters, ...more }, { ...owner.asking, largeIds });
    if (answer.status >= 300) {
      if (!this.unread.includes(owner.name)) this.unread.push(owner.name);
      return undefined;
    }
    const parsed = schema.safeParse(answer.data);
    if (!parsed.success) throw new HeadgateError('SOURCE_UNREACHABLE', `${full}: the answer is not as documented`, { cause: parsed.error });
    return { data: parsed.data, answer };
  }
}

/** Of an answer that names the next page; only its cursor is taken, never an address. */
function nextCursor(answer: RestAnswer): string | undefined {
  const [, cursor] = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(answer.header('link') ?? '') ?? [];
  return cursor === undefined ? undefined : decodeURIComponent(cursor);
}

function recovered({ guid, event, delivered_at: at, request }: HookDelivery): RecoveredDelivery | undefined {
  if (request.payload === null) return undefined;
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), [value]] as const);
  return {
    deliveryId: guid,
    event,
    headers: { ...keptHeaders(Object.fromEntries(headers)), 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(request.payload), 'utf8'),
    at: Date.parse(at),
  };
}
