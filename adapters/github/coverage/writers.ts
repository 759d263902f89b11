import { limits } from '#core/limits.ts';
import type { PullFacts, ReviewFacts } from '#core/ports/read-back.ts';
import { Permission } from '../api-answers.ts';
import type { ApiCall } from '../api-call.ts';

/** Base roles that may push (docs.github.com "Get repository permissions for a user": `maintain` is told as `write`). */
const writing: readonly string[] = ['admin', 'maintain', 'write'];

/** Whether accounts may write to the repository, now. */
export interface Writers {
  readonly may: (review: ReviewFacts) => boolean | null;
  /** Whether GitHub answered for everybody who was asked for. */
  readonly complete: boolean;
}

/** Asks once for each human who approved: nobody else's right makes a difference. */
export async function readWriters(call: ApiCall, pulls: readonly PullFacts[]): Promise<Writers> {
  const approvals = pulls.flatMap(({ reviews }) => reviews).filter(({ state }) => state === 'APPROVED');
  const approvers = new Map(approvals.flatMap(({ by }) => (by?.kind === 'human' ? [[by.account, by.name] as const] : [])));
  const asked = [...approvers].slice(0, limits.github.reviewers);
  const rights = new Map(await Promise.all(asked.map(async ([account, name]) => [account, await mayWrite(call, account, name)] as const)));
  return {
    may: ({ by }) => (by === null ? null : (rights.get(by.account) ?? null)),
    complete: asked.length === approvers.size && ![...rights.values()].includes(null),
  };
}

/** A login can pass to another account: the answer has to be about this one. */
async function mayWrite(call: ApiCall, account: string, username: string): Promise<boolean | null> {
  const found = await call.find(Permission, '/collaborators/{username}/permission', { username });
  if ('missing' in found || String(found.data.user?.id) !== account) return null;
  return writing.includes(found.data.permission);
}
