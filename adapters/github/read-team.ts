import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { TeamReader } from '#core/ports/team-reader.ts';
import type { GithubClient, RestAnswer } from './client.ts';

const Members = z.array(z.object({ id: z.int() }));

/** docs.github.com "List team members": those of child teams are listed as well, whoever has only been invited is not. */
const route = 'GET /orgs/{org}/teams/{team_slug}/members';

/** Lists members of teams through GitHub's REST API; the credentials need `read:org`, or the permission "Members" to read. */
export function createTeamReader(client: GithubClient, clock: Clock): TeamReader {
  return { members: (team) => readTeam(client, clock, team) };
}

async function readTeam(client: GithubClient, clock: Clock, team: string): Promise<readonly string[]> {
  const [org = '', slug = ''] = team.split('/');
  const until = clock.monotonic() + limits.github.callTimeout;
  const accounts: string[] = [];
  for (let page = 1; page <= limits.github.teamPages; page++) {
    const answer = await client.send(route, { org, team_slug: slug, per_page: limits.github.page, page }, { until });
    accounts.push(...membersIn(team, answer));
    if (!/rel="next"/.test(answer.header('link') ?? '')) return accounts;
  }
  throw new HeadgateError('SOURCE_REFUSED', `team ${team} has more than ${limits.github.teamPages * limits.github.page} members`);
}

/** @throws HeadgateError SOURCE_REFUSED, SOURCE_UNREACHABLE */
function membersIn(team: string, { status, message, data }: RestAnswer): readonly string[] {
  if (status >= 300) throw new HeadgateError('SOURCE_REFUSED', `team ${team}: GitHub answers ${status} ${message}`);
  const parsed = Members.safeParse(data);
  if (!parsed.success) throw new HeadgateError('SOURCE_UNREACHABLE', `${route}: the answer is not as documented`);
  return parsed.data.map(({ id }) => String(id));
}
