import type { z } from 'zod';
import { limits } from '#core/limits.ts';
import type { Account } from '#core/account.ts';
import { accountOf } from './account-of.ts';
import { Activities } from './api-answers.ts';
import type { ApiCall } from './api-call.ts';

/**
 * Who moved a branch, by GitHub's own record of that (docs.github.com "List repository activities", newest first): pushes, merges of pull
 * requests and of the merge queue. Of tags GitHub keeps none, and an older GitHub Enterprise Server keeps none at all.
 */
export async function readMovers(
  call: ApiCall,
  ref: string,
  before: string | null,
  after: string,
): Promise<readonly Account[] | undefined> {
  if (!ref.startsWith('refs/heads/')) return undefined;
  const found = await call.find(Activities, '/activity', { ref, per_page: limits.github.page });
  return 'data' in found ? chain(found.data, ref, before, after) : undefined;
}

/** From one movement to the one before it, without a gap: one that nobody is named for, or that is missing, could be anybody's. */
function chain(activities: z.infer<typeof Activities>, ref: string, before: string | null, after: string): readonly Account[] | undefined {
  const movers = new Map<string, Account>();
  let at = after;
  for (const activity of activities.filter((each) => each.ref === ref)) {
    const account = accountOf(activity.actor);
    if (activity.after !== at || account === null) return undefined;
    movers.set(account.account, account);
    if (before === null || activity.before === before) return [...movers.values()];
    at = activity.before;
  }
  return undefined;
}
