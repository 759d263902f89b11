import type { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';
import type { Clock } from '#core/clock.ts';
import type { GithubClient, Parameters } from './client.ts';

/** What GitHub has, or what it said instead: 403, 404, 409, 410, 422 or 451. */
export type Found<T> = { readonly data: T; readonly more: boolean } | { readonly missing: Missing };

export interface Missing {
  readonly status: number;
  readonly message: string;
}

/** Several pages of one list. */
export type Listed<T> = { readonly items: readonly T[]; readonly complete: boolean } | { readonly missing: Missing };

/** One question about one repository: all its requests share limits.github.callTimeout. */
export class ApiCall {
  readonly #client: GithubClient;
  /** `owner/name`, as it was asked for. */
  readonly repository: string;
  readonly #place: { readonly owner: string; readonly repo: string };
  readonly #until: number;

  /** @throws HeadgateError SOURCE_REFUSED for a name that no repository has */
  constructor(client: GithubClient, clock: Clock, repository: string) {
    this.#client = client;
    this.repository = repository;
    this.#place = placeOf(repository);
    this.#until = clock.monotonic() + limits.github.callTimeout;
  }

  /** @param route below `/repos/{owner}/{repo}` */
  async find<T>(schema: z.ZodType<T>, route: string, parameters: Parameters = {}): Promise<Found<T>> {
    const full = `GET /repos/{owner}/{repo}${route}`;
    const answer = await this.#client.send(full, { ...this.#place, ...parameters }, { until: this.#until });
    if (answer.status >= 300) return { missing: answer };
    const parsed = schema.safeParse(answer.data);
    if (parsed.success) return { data: parsed.data, more: /rel="next"/.test(answer.header('link') ?? '') };
    const fields = parsed.error.issues.slice(0, 5).map((issue) => issue.path.join('.'));
    throw new HeadgateError('SOURCE_UNREACHABLE', `${full}: the answer is not as documented: ${fields.join(', ')}`);
  }

  /** The same for what must be there. */
  async get<T>(schema: z.ZodType<T>, route: string, parameters: Parameters = {}): Promise<T> {
    const found = await this.find(schema, route, parameters);
    if ('data' in found) return found.data;
    return this.refuse(found.missing);
  }

  /** A list, page by page, as many as there are up to a bound. */
  async list<T>(schema: z.ZodType<readonly T[]>, route: string, pages: number, parameters: Parameters = {}): Promise<Listed<T>> {
    const items: T[] = [];
    for (let page = 1; page <= pages; page++) {
      const found = await this.find(schema, route, { ...parameters, per_page: limits.github.page, page });
      if ('missing' in found) return found;
      items.push(...found.data);
      if (!found.more) return { items, complete: true };
    }
    return { items, complete: false };
  }

  /** What GraphQL answers: undefined when GitHub does not say that. */
  async graphql<T>(schema: z.ZodType<T>, query: string, variables: Readonly<Record<string, readonly string[]>>): Promise<T | undefined> {
    const answer = await this.#client.send(this.#client.graphql, { query, variables }, { until: this.#until });
    return answer.status >= 300 ? undefined : schema.safeParse(answer.data).data;
  }

  /** @throws HeadgateError SOURCE_REFUSED */
  refuse({ status, message }: Missing): never {
    throw new HeadgateError('SOURCE_REFUSED', `${this.repository}: GitHub answers ${status} ${message}`);
  }
}

/** GitHub's names; what else there may be in a URL leads elsewhere. @throws HeadgateError SOURCE_REFUSED for a name that no repository has */
export function placeOf(repository: string): { readonly owner: string; readonly repo: string } {
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(repository) ?? [];
  if (owner === undefined || repo === undefined || !isPlainPath(repository))
    throw new HeadgateError('SOURCE_REFUSED', `${JSON.stringify(repository)} is no repository of GitHub`);
  return { owner, repo };
}
