import type { Change } from '#core/change.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Page, Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { Wire } from '#core/wire.ts';

/** Headgate's HTTP API as an operator uses it. */
export class HeadgateApi {
  readonly #url: string;
  readonly #token: () => string;

  /** @param token reads the operator's token */
  constructor(url: string, token: () => string) {
    this.#url = url;
    this.#token = token;
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.#url}${path}`, { headers: { authorization: `Bearer ${this.#token()}` } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`GET ${path} answers ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** An address that opens the pages, once. */
  async login(): Promise<string> {
    const headers = { authorization: `Bearer ${this.#token()}` };
    const answer = await fetch(`${this.#url}/v1/logins`, { method: 'POST', headers });
    const { url } = (await answer.json()) as { readonly url: string };
    return new URL(url, this.#url).href;
  }

  /** All pages of a list. @param query filters, without limit and cursor */
  async all<T>(collection: string, query: Readonly<Record<string, string>> = {}): Promise<readonly T[]> {
    const items: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const parameters = new URLSearchParams({ ...query, limit: '500', ...(cursor === '' ? {} : { cursor }) });
      const page: Page<T> = await this.get(`/v1/${collection}?${parameters.toString()}`);
      items.push(...page.items);
      cursor = page.next;
    }
    return items;
  }

  deliveries(query: Readonly<Record<string, string>> = {}): Promise<readonly Wire<Delivery>[]> {
    return this.all('deliveries', query);
  }

  reconciles(query: Readonly<Record<string, string>> = {}): Promise<readonly Wire<Reconcile>[]> {
    return this.all('reconciles', query);
  }

  /** What came of a commit that was pushed; undefined while it is not known. */
  async story(revision: string): Promise<Wire<Story> | undefined> {
    const page = await this.get<Page<Wire<Change>>>(`/v1/changes?revision=${revision}`);
    const change = page.items[0];
    return change === undefined ? undefined : this.get(`/v1/changes/${change.id}`);
  }

  /** The story of a commit, as soon as it satisfies `fits`. */
  async storyWhen(revision: string, fits: (story: Wire<Story>) => boolean, within = 60_000): Promise<Wire<Story>> {
    const deadline = Date.now() + within;
    for (;;) {
      const story = await this.story(revision);
      if (story !== undefined && fits(story)) return story;
      if (Date.now() > deadline)
        throw new Error(`the story of ${revision} is not as expected after ${within} ms: ${JSON.stringify(story, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The reconciles of a story have all ended. */
export function hasEnded(story: Wire<Story>): boolean {
  return story.reconciles.length > 0 && story.reconciles.every((reconcile) => reconcile.state === 'ended');
}

/** The reconcile of one target by its name. */
export function reconcileOf(story: Wire<Story>, name: string, cluster?: string): Wire<Reconcile> {
  const found = story.reconciles.find(({ target }) => target.name === name && (cluster === undefined || target.cluster === cluster));
  if (found === undefined) throw new Error(`no reconcile of ${name} in ${JSON.stringify(story, null, 1)}`);
  return found;
}
