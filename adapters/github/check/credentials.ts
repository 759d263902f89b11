import type { Clock } from '#core/clock.ts';
import { clockFinding } from '#core/clock-skew.ts';
import { expiryFinding } from '#core/expiry.ts';
import { finding, type Finding } from '#core/finding.ts';
import { formatDuration } from '#core/format-duration.ts';
import type { Asking } from '../client.ts';
import type { GithubApiAccess } from '../open-api.ts';
import { Account, Installation, RateLimits } from './answers.ts';
import { ask, type Asked } from './ask.ts';

export interface CredentialQuestion {
  readonly access: GithubApiAccess;
  readonly clock: Clock;
  readonly about: string;
  readonly asking: Asking;
  /** Of a GitHub App. */
  readonly installation: number | undefined;
}

/** What is known of the credentials. */
export interface Credential {
  readonly findings: readonly Finding[];
  /** Scopes of a classic token; undefined for every other kind. */
  readonly scopes: readonly string[] | undefined;
  /** What an App's installation may do; undefined for tokens. */
  readonly permissions: Readonly<Record<string, string>> | undefined;
}

/**
 * Who asks, until when, and how often it may. `GET /rate_limit` counts against no limit and is answered whatever the rights are.
 * @throws HeadgateError SOURCE_UNREACHABLE, SOURCE_LIMITED, SOURCE_REFUSED
 */
export async function checkCredential(question: CredentialQuestion): Promise<Credential> {
  const { access, clock, about, asking, installation } = question;
  const askedAt = clock.now();
  const rates = await ask(access.client, RateLimits, 'GET /rate_limit', {}, asking);
  const answer = 'refused' in rates ? rates.refused : rates.answer;
  const time = clockFinding('SOURCE_CLOCK', about, { askedAt, answeredAt: clock.now(), date: answer.header('date') });
  const scopes = answer
    .header('x-oauth-scopes')
    ?.split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
  const reached = finding('SOURCE_REACHABLE', about, 'good', 'its API answers and takes the credentials');
  const first = [reached, time, ...limitFindings(rates, about, clock)];
  if (installation === undefined) {
    const login = await ask(access.client, Account, 'GET /user', {}, asking);
    const who = 'refused' in login ? 'of an account that it does not tell' : `of ${login.data.login}`;
    const end = endOf(answer.header('github-authentication-token-expiration'));
    return { findings: [...first, tokenFinding({ about, who, scopes, endsAt: end, now: clock.now() })], scopes, permissions: undefined };
  }
  const app = await checkInstallation(question, installation);
  return { findings: [...first, app.finding], scopes: undefined, permissions: app.permissions };
}

/** An Enterprise Server need not have limits: it answers 404 then. */
function limitFindings(rates: Asked<RateLimits>, about: string, clock: Clock): readonly Finding[] {
  if ('refused' in rates) return [];
  const { limit, remaining, reset } = rates.data.resources.core;
  const message = `rate limit: ${remaining} of ${limit} requests are left, for ${formatDuration(reset * 1_000 - clock.now())}`;
  return [finding('SOURCE_LIMIT', about, remaining * 10 < limit ? 'warning' : 'good', message)];
}

interface TokenFacts {
  readonly about: string;
  readonly who: string;
  readonly scopes: readonly string[] | undefined;
  readonly endsAt: number | undefined;
  readonly now: number;
}

function tokenFinding({ about, who, scopes, endsAt, now }: TokenFacts): Finding {
  const what = `token ${who}${scopes?.length ? `, scopes: ${scopes.join(', ')}` : ''}`;
  if (endsAt !== undefined) return expiryFinding({ code: 'SOURCE_CREDENTIAL', about, what, endsAt, now });
  return finding('SOURCE_CREDENTIAL', about, 'good', `${what}; it names no expiry`);
}

/** GitHub writes `2026-12-01 10:00:00 UTC`, or an offset in place of UTC. */
function endOf(header: string | undefined): number | undefined {
  const [, day, time, sign = '', hours = '00', minutes = '00'] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:UTC|([+-])(\d\d):?(\d\d))$/.exec(header ?? '') ?? [];
  if (day === undefined) return undefined;
  const end = Date.parse(`${day}T${time}${sign === '' ? 'Z' : `${sign}${hours}:${minutes}`}`);
  return Number.isNaN(end) ? undefined : end;
}

async function checkInstallation({ access, about, asking }: CredentialQuestion, id: number) {
  const authorization = await access.asApp?.();
  const asApp = authorization === undefined ? asking : { ...asking, authorization };
  const asked = await ask(access.client, Installation, 'GET /app/installations/{installation_id}', { installation_id: id }, asApp);
  if ('refused' in asked) {
    const message = `installation ${id}: GitHub answers ${asked.refused.status} ${asked.refused.message}`;
    const mend = 'The number stands at the end of the address of its page: https://github.com/settings/installations.';
    return { finding: finding('SOURCE_CREDENTIAL', about, 'bad', message, { mend }), permissions: undefined };
  }
  const { app_slug: slug, account, permissions, suspended_at: suspended } = asked.data;
  const what = `GitHub App ${slug}, installed at ${account?.login ?? 'an account without name'}`;
  if (suspended === null)
    return { finding: finding('SOURCE_CREDENTIAL', about, 'good', `${what}; its tokens are renewed each hour`), permissions };
  const mend = 'Unsuspend it: https://github.com/settings/installations.';
  return { finding: finding('SOURCE_CREDENTIAL', about, 'bad', `${what}: suspended since ${suspended}`, { mend }), permissions };
}
