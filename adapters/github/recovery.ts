import type { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { keptHeaders } from '#core/inbound-headers.ts';
import { limits } from '#core/limits.ts';
import type { Missed, MissedQuestion, RecoveredDelivery } from '#core/ports/source-adapter.ts';
import { HookDeliveries, HookDelivery, Hooks } from './api-answers.ts';
import type { Asking, GithubClient, Parameters, RestAnswer } from './client.ts';
import type { GithubApiAccess } from './open-api.ts';
import { keptNames } from './receive.ts';

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
 * @param most deliveries that are fetched in one go; the rest the next time
 */
export function createRecovery(
  { client, asApp }: GithubApiAccess,
  source: string,
  clock: Clock,
  most: number = limits.github.recovered,
): (asked: MissedQuestion) => Promise<Missed> {
  return async (asked) => {
    const asking: Asking = { until: clock.monotonic() + limits.github.recoveryTimeout, largeIds: true };
    const recovery = new Recovery(client, source, asked, most);
    for (const owner of ownersOf(asked.repositories, asking)) await recovery.hooksOf(owner);
    if (asApp !== undefined) {
      const app = { name: 'the App', route: '/app/hook', parameters: {}, asking: { ...asking, authorization: await asApp() } };
      await recovery.deliveriesOf(app);
    }
    return { deliveries: recovery.deliveries(), unread: recovery.unread };
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

/** A delivery on the record that the journal has not; what it said is fetched later. */
interface Missing {
  readonly id: string;
  readonly hook: Owner;
  readonly at: number;
}

class Recovery {
  /** By the sender's id. */
  readonly #missing = new Map<string, Missing>();
  /** Whose hooks these credentials may not read. */
  readonly unread: string[] = [];
  readonly #client: GithubClient;
  readonly #path: string;
  readonly #asked: MissedQuestion;
  readonly #most: number;

  constructor(client: GithubClient, source: string, asked: MissedQuestion, most: number) {
    this.#most = most;
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
      await this.#note(hook, recent);
      cursor = nextCursor(listed.answer);
      if (cursor === undefined || recent.length < listed.data.length) return;
    }
  }

  /** One in memory at a time, and not too many in one go: what is left is still on the record the next time. */
  async *deliveries(): AsyncGenerator<RecoveredDelivery> {
    // GitHub lists the newest first, also among those of one moment.
    const oldestFirst = [...this.#missing.values()].toReversed().toSorted((a, b) => a.at - b.at);
    for (const { id, hook } of oldestFirst.slice(0, this.#most)) {
      const read = await this.#read(hook, HookDelivery, '/deliveries/{delivery_id}', { delivery_id: id }, false);
      const delivery = read && this.#isOurs(read.data.url, true) ? recovered(read.data) : undefined;
      if (delivery !== undefined) yield delivery;
    }
  }

  async #note(hook: Owner, listed: z.infer<typeof HookDeliveries>): Promise<void> {
    const known = await this.#asked.known(listed.map(({ guid }) => guid));
    for (const { id, guid, delivered_at: at } of listed) {
      if (!known.has(guid) && !this.#missing.has(guid)) this.#missing.set(guid, { id, hook, at: Date.parse(at) });
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

/** Undefined for what cannot be taken: of a delivery that was too large the sweep has found the head, which the 413 has asked for. */
function recovered({ guid, event, delivered_at: at, request }: HookDelivery): RecoveredDelivery | undefined {
  const body = Buffer.from(JSON.stringify(request.payload), 'utf8');
  if (request.payload === null || body.byteLength > limits.http.bodyBytes) return undefined;
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), [value]] as const);
  return {
    deliveryId: guid,
    event,
    headers: { ...keptHeaders(Object.fromEntries(headers), keptNames), 'content-type': 'application/json' },
    body,
    at: Date.parse(at),
  };
}
