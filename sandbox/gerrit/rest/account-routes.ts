import { ANONYMOUS_USERS, REGISTERED_USERS, systemGroups, type GerritGroup } from '#sandbox/gerrit/account.ts';
import { accountInfo, groupInfo } from '#sandbox/gerrit/rest/account-info.ts';
import {
  accountOf,
  administrator,
  type Call,
  caller,
  created,
  fieldOf,
  groupOf,
  ok,
  type RestAnswer,
  type Route,
  stringsIn,
  textIn,
  timestamp,
} from '#sandbox/gerrit/rest/call.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';

/** `/accounts/` and `/groups/` (rest-api-accounts.txt, rest-api-groups.txt). */
export const accountRoutes: readonly Route[] = [
  { method: 'GET', path: 'accounts', answer: found },
  { method: 'GET', path: 'accounts/*', answer: (call) => ok(accountInfo(call.site, accountOf(call, call.params[0] ?? ''))) },
  { method: 'PUT', path: 'accounts/*', answer: createAccount },
  { method: 'GET', path: 'accounts/*/detail', answer: detail },
  { method: 'GET', path: 'accounts/*/emails', answer: emails },
  { method: 'GET', path: 'accounts/*/groups', answer: groupsOf },
  { method: 'GET', path: 'accounts/*/capabilities', answer: capabilities },
  { method: 'POST', path: 'accounts/*/sshkeys', answer: addKey },
  { method: 'PUT', path: 'accounts/*/tokens/*', answer: addToken },
  { method: 'PUT', path: 'accounts/*/active', answer: (call) => activate(call, true) },
  { method: 'DELETE', path: 'accounts/*/active', answer: (call) => activate(call, false) },
  { method: 'GET', path: 'groups', answer: groups },
  { method: 'GET', path: 'groups/*', answer: (call) => group(call, groupOf(call, call.params[0] ?? '')) },
  { method: 'GET', path: 'groups/*/detail', answer: (call) => group(call, groupOf(call, call.params[0] ?? '')) },
  { method: 'PUT', path: 'groups/*', answer: createGroup },
  { method: 'GET', path: 'groups/*/members', answer: members },
  { method: 'PUT', path: 'groups/*/members/*', answer: addMember },
];

function found({ site, query }: Call): RestAnswer {
  const q = query.get('q') ?? '';
  const [, operator = '', value = ''] = /^(username|email|name)?:?(.*)$/.exec(q) ?? [];
  const wanted = value.replaceAll('"', '');
  const matches = site.accounts.accounts
    .filter((each) => each.active)
    .filter(({ username, email, name }) => {
      if (operator === 'username') return username === wanted;
      if (operator === 'email') return email === wanted;
      return [username, email, name].includes(wanted);
    });
  return ok(matches.map((each) => accountInfo(site, each, query.has('o'))));
}

function detail(call: Call): RestAnswer {
  const account = accountOf(call, call.params[0] ?? '');
  const own = account === call.who ? { secondary_emails: [] } : {};
  return ok({ registered_on: timestamp(account.registered), ...accountInfo(call.site, account), ...own });
}

function emails(call: Call): RestAnswer {
  const account = accountOf(call, call.params[0] ?? '');
  if (account !== call.who && !call.site.accounts.isAdmin(call.who)) throw new Refusal(403, 'view secondary emails not permitted');
  return ok([{ email: account.email, preferred: true }]);
}

/** Groups that the caller does not see are left out; the system's groups are shown to oneself and to administrators only. */
function groupsOf(call: Call): RestAnswer {
  const { site, who } = call;
  const account = accountOf(call, call.params[0] ?? '');
  const own = site.accounts.groups.filter((each) => each.members.has(account.id) && site.accounts.seesGroup(who, each));
  const shown = own.map((each) => ({ ...groupInfo(site, each), name: each.name }));
  if (account !== who && !site.accounts.isAdmin(who)) return ok(shown);
  const system = (uuid: string): object => ({ options: {}, id: encodeURIComponent(uuid), name: systemGroups.get(uuid) });
  return ok([system(REGISTERED_USERS), ...shown, system(ANONYMOUS_USERS)]);
}

function capabilities(call: Call): RestAnswer {
  const account = accountOf(call, call.params[0] ?? '');
  const asked = call.query.getAll('q');
  const has = (capability: string): boolean => call.site.access.capable(account, capability);
  const given = ['administrateServer', 'viewAccess', 'streamEvents'].filter((each) => has(each));
  const service = call.site.accounts.groupNamed('Service Users').members.has(account.id);
  const all = { ...Object.fromEntries(given.map((each) => [each, true])), emailReviewers: true, queryLimit: { min: 0, max: 500 } };
  const shown = Object.entries(all).filter(([name]) => asked.length === 0 || asked.includes(name));
  return ok({ ...Object.fromEntries(shown), ...(service ? { priority: 'BATCH' } : {}) });
}

function createAccount(call: Call): RestAnswer {
  administrator(call, 'create account');
  const { site, body, params } = call;
  const [username = ''] = params;
  if (site.accounts.byUsername(username) !== undefined) throw new Refusal(409, `username '${username}' already exists`);
  const [name, email, key] = ['name', 'email', 'ssh_key'].map((field) => textIn(body, field));
  const account = site.accounts.addAccount({
    username,
    groups: stringsIn(body, 'groups'),
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(key === undefined ? {} : { sshKeys: [key] }),
    ...(passwordIn(body) === undefined ? {} : { password: passwordIn(body) ?? '' }),
  });
  return created(accountInfo(site, account));
}

/** `http_password`, or the first of `tokens`. */
function passwordIn(body: unknown): string | undefined {
  const tokens = fieldOf(body, 'tokens');
  return textIn(body, 'http_password') ?? (Array.isArray(tokens) ? textIn(tokens[0], 'token') : undefined);
}

function addKey(call: Call): RestAnswer {
  const account = accountOf(call, call.params[0] ?? '');
  if (account !== call.who) administrator(call, 'modify account');
  const key = typeof call.body === 'string' ? call.body.trim() : '';
  if (!/^\S+ \S+/.test(key)) throw new Refusal(400, 'Invalid SSH Key');
  account.sshKeys.push(key);
  const [algorithm = '', encoded = '', comment = ''] = key.split(' ');
  return created({ seq: account.sshKeys.length, ssh_public_key: key, encoded_key: encoded, algorithm, comment, valid: true });
}

function addToken(call: Call): RestAnswer {
  const account = accountOf(call, call.params[0] ?? '');
  if (account !== call.who) administrator(call, 'modify account');
  account.password = textIn(call.body, 'token') ?? account.password;
  return created({ id: call.params[1] ?? '', token: account.password });
}

function activate(call: Call, active: boolean): RestAnswer {
  administrator(call, 'modify account');
  const account = accountOf(call, call.params[0] ?? '');
  const was = account.active;
  account.active = active;
  if (!active) return { status: 204 };
  return { status: was ? 200 : 201, text: '' };
}

function groups({ site, who }: Call): RestAnswer {
  const seen = site.accounts.groups.filter((each) => site.accounts.seesGroup(who, each));
  const sorted = seen.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return ok(Object.fromEntries(sorted.map((each) => [each.name, groupInfo(site, each)])));
}

function group({ site }: Call, found: GerritGroup): RestAnswer {
  return ok({ ...groupInfo(site, found), name: found.name });
}

function createGroup(call: Call): RestAnswer {
  administrator(call, 'create group');
  const { site, body, params } = call;
  const [name = ''] = params;
  if (site.accounts.group(name) !== undefined) throw new Refusal(409, `group '${name}' already exists`);
  const made = site.accounts.addGroup({
    name,
    description: textIn(body, 'description') ?? '',
    visibleToAll: fieldOf(body, 'visible_to_all') === true,
  });
  for (const id of stringsIn(body, 'members')) made.members.add(accountOf(call, id).id);
  return { status: 201, json: { ...groupInfo(site, made), name } };
}

function members(call: Call): RestAnswer {
  const { members: ids } = groupOf(call, call.params[0] ?? '');
  const listed = call.site.accounts.accounts.filter((each) => ids.has(each.id));
  return ok(listed.map((each) => accountInfo(call.site, each)));
}

function addMember(call: Call): RestAnswer {
  caller(call);
  const found = groupOf(call, call.params[0] ?? '');
  const account = accountOf(call, call.params[1] ?? '', 422);
  const owns = call.site.accounts.groupsOf(call.who).has(found.owner);
  if (!owns) administrator(call, 'add member');
  found.members.add(account.id);
  return created(accountInfo(call.site, account));
}
