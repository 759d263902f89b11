import { ok } from '#sandbox/github/rest/answer.ts';
import type { RepositoryCall, Route } from '#sandbox/github/rest/call.ts';
import { checkRoutes } from '#sandbox/github/rest/check-routes.ts';
import { commitRoutes, oneCommitRoute } from '#sandbox/github/rest/commit-routes.ts';
import { compareRoutes } from '#sandbox/github/rest/compare-routes.ts';
import { gitRoutes } from '#sandbox/github/rest/git-routes.ts';
import type { Ledger } from '#sandbox/github/rest/ledger.ts';
import type { Records } from '#sandbox/github/rest/records.ts';
import { repositoryAnswer } from '#sandbox/github/rest/repository-answer.ts';
import { reviewRoutes } from '#sandbox/github/rest/review-routes.ts';
import { statusRoutes } from '#sandbox/github/rest/status-routes.ts';

/** Everything below `/repos/{owner}/{name}`; the first pattern that fits answers. */
export function repositoryRoutes(
  records: Records,
  ledger: Ledger,
  settings: { readonly treeEntries: number },
): readonly Route<RepositoryCall>[] {
  return [
    { method: 'GET', pattern: /^$/, answer: (call) => ok(repositoryAnswer(call.api, call.repository)) },
    ...gitRoutes(settings),
    ...compareRoutes,
    ...commitRoutes(records),
    ...checkRoutes(records),
    ...statusRoutes(records),
    ...reviewRoutes(ledger),
    oneCommitRoute,
  ];
}
