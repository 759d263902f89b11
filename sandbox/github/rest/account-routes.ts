import { accountAnswer } from '#sandbox/github/rest/account-answer.ts';
import { ok, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import type { Call, Route } from '#sandbox/github/rest/call.ts';

/** What concerns the caller. */
export const accountRoutes: readonly Route[] = [{ method: 'GET', pattern: /^\/user$/, answer: user }];

/** `private-user`. */
function user({ api, caller }: Call): Answer {
  if (caller.type === 'Bot') throw new RestError(403, 'Resource not accessible by integration');
  return ok({
    ...accountAnswer(api, caller.login),
    ...{ name: caller.login, company: null, blog: '', location: null, email: null, hireable: null, bio: null },
    ...{ public_repos: 0, public_gists: 0, followers: 0, following: 0, private_gists: 0, total_private_repos: 0 },
    ...{ owned_private_repos: 0, disk_usage: 0, collaborators: 0, two_factor_authentication: true },
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  });
}
