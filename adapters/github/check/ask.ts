import type { z } from 'zod';
import type { Asking, GithubClient, Parameters, RestAnswer } from '../client.ts';
import { HeadgateError } from '#core/errors.ts';

/** What GitHub has, or the status and the words of its refusal. */
export type Asked<T> = { readonly data: T; readonly answer: RestAnswer } | { readonly refused: RestAnswer };

/** One question of a check. @throws HeadgateError SOURCE_UNREACHABLE, SOURCE_LIMITED, SOURCE_REFUSED (the credentials as such) */
export async function ask<T>(
  client: Pick<GithubClient, 'send'>,
  schema: z.ZodType<T>,
  route: string,
  parameters: Parameters,
  asking: Asking,
): Promise<Asked<T>> {
  const answer = await client.send(route, parameters, asking);
  if (answer.status >= 300) return { refused: answer };
  const parsed = schema.safeParse(answer.data);
  if (parsed.success) return { data: parsed.data, answer };
  throw new HeadgateError('SOURCE_UNREACHABLE', `${route}: the answer is not as documented`, { cause: parsed.error });
}

/** `owner/name` as parameters of a route; undefined for what is no repository of GitHub. */
export function placeOf(repository: string): { readonly owner: string; readonly repo: string } | undefined {
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(repository) ?? [];
  return owner === undefined || repo === undefined || [owner, repo].some((part) => /^\.\.?$/.test(part)) ? undefined : { owner, repo };
}
