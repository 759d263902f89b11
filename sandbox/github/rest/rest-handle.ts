import type { NewApp } from '#sandbox/github/rest/app-token.ts';
import type { TokenFacts } from '#sandbox/github/rest/credentials.ts';
import type { RestFaults } from '#sandbox/github/rest/faults.ts';
import type { HookScope } from '#sandbox/github/rest/hook-routes.ts';
import type { Activity, Permission, PullEvent } from '#sandbox/github/rest/ledger.ts';
import type { RateLimit } from '#sandbox/github/rest/rate-limit.ts';
import type { Check, CommitStatus, NewCheck, NewPull, NewReview, Pull, Review } from '#sandbox/github/rest/records.ts';
import type { RestApi, SeenRequest } from '#sandbox/github/rest/rest-api.ts';

/** What tests and demos do with the REST API from its inside. */
export interface FakeGithubRest {
  readonly faults: RestFaults;
  readonly rateLimit: RateLimit;
  /** A tree that has more entries is cut and says so. */
  treeEntries: number;
  /** Where the one webhook of this server is found: as a repository's, the organisation's, the app's. All of them unless said otherwise. */
  hookScopes: readonly HookScope[];
  /** From now on a token is needed. */
  addToken(token: string, of?: TokenFacts): void;
  revoke(token: string): void;
  /** From now on a token is needed: the app gets its own at `/app/installations/{id}/access_tokens`. */
  addApp(app: NewApp): void;
  addPull(pull: NewPull): Pull;
  addReview(review: NewReview): Review;
  addCheck(check: NewCheck): Check;
  /** Who is in a team, by login. @param team `org/slug` */
  setTeam(team: string, logins: readonly string[]): void;
  /** What an account may do to a repository; default: read. */
  permit(repository: string, login: string, permission: Permission): void;
  /** Something that happens to a pull request, such as `base_ref_changed`. */
  addEvent(repository: string, event: Pick<PullEvent, 'pull' | 'event' | 'actor'> & { readonly at?: number }): void;
  /** How branches moved, newest first. */
  activities(repository: string): readonly Activity[];
  /** What clients have posted, newest first. */
  statuses(repository: string, sha?: string): readonly CommitStatus[];
  /** Every request since the last `forget`, oldest first. */
  requests(): readonly SeenRequest[];
  forget(): void;
}

export function restHandle(api: RestApi): FakeGithubRest {
  const { records, ledger, credentials } = api;
  return {
    faults: api.faults,
    rateLimit: api.rateLimit,
    get treeEntries() {
      return api.settings.treeEntries;
    },
    set treeEntries(most) {
      api.settings.treeEntries = most;
    },
    get hookScopes() {
      return api.settings.hookScopes;
    },
    set hookScopes(scopes) {
      api.settings.hookScopes = scopes;
    },
    addToken: (token, of) => credentials.addToken(token, of),
    revoke: (token) => credentials.revoke(token),
    addApp: (app) => credentials.addApp(app),
    addPull: (pull) => records.addPull(pull),
    addReview: (review) => records.addReview(review),
    addCheck: (check) => records.addCheck(check),
    setTeam: (team, logins) => void api.teams.set(team, logins),
    permit: (repository, login, permission) => ledger.permit(api.idOf(repository), login, permission),
    addEvent: (repository, event) => ledger.addEvent({ ...event, repository: api.idOf(repository) }),
    activities: (repository) => ledger.activities(api.idOf(repository)),
    statuses: (repository, sha) => records.statuses(repository, sha),
    requests: () => [...api.seen],
    forget: () => void api.seen.splice(0),
  };
}
