import { account, stableId } from '#sandbox/github/account.ts';
import { WEB_FLOW, WEB_FLOW_EMAIL } from '#sandbox/github/web-flow.ts';

/** An account in full: `simple-user`. */
export function accountAnswer(
  api: string,
  login: string,
  type: 'User' | 'Organization' | 'Bot' = login.endsWith('[bot]') ? 'Bot' : 'User',
): object {
  const url = `${api}/users/${login}`;
  return {
    ...account(login, type === 'Organization' ? type : 'User'),
    type,
    url,
    html_url: `${api.replace(/\/api\/v3$/, '')}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
  };
}

/** GitHub's opaque ids: what is named by it, behind base64. */
export function nodeId(kind: string, name: string | number): string {
  return Buffer.from(`${kind}:${name}`).toString('base64');
}

/** The account behind a commit's address; null when the address is nobody's (only addresses that GitHub hands out are known here). */
export function accountOfEmail(api: string, email: string): object | null {
  if (email === WEB_FLOW_EMAIL) return accountAnswer(api, WEB_FLOW);
  const [, id, login = ''] = /^(\d+)\+([\w-]+(?:\[bot\])?)@users\.noreply\.github\.com$/.exec(email) ?? [];
  return Number(id) === stableId(login) ? accountAnswer(api, login) : null;
}
