import { accountAnswer } from '#sandbox/github/rest/account-answer.ts';
import { notFound } from '#sandbox/github/rest/answer.ts';
import { param, type Route } from '#sandbox/github/rest/call.ts';
import { paged } from '#sandbox/github/rest/page.ts';

/** Logins of the members, by `org/slug`. */
export type Teams = Map<string, readonly string[]>;

/** Teams of organisations. Whoever may not see one gets the answer that there is none. */
export function teamRoutes(teams: Teams): readonly Route[] {
  return [
    {
      method: 'GET',
      pattern: /^\/orgs\/([^/]+)\/teams\/([^/]+)\/members$/,
      answer: (call) => {
        const members = teams.get(`${param(call)}/${param(call, 1)}`);
        if (members === undefined) throw notFound();
        return paged(call.url, members, (page) => page.map((login) => accountAnswer(call.api, login)));
      },
    },
  ];
}
