import type { GerritAccount, GerritGroup } from '#sandbox/gerrit/account.ts';
import { timestamp } from '#sandbox/gerrit/rest/call.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

/** AccountInfo; without details the number alone. */
export function accountInfo(site: Site, account: GerritAccount, detailed = true): object {
  if (!detailed) return { _account_id: account.id };
  const { id, name, email, username, active } = account;
  const service = site.accounts.groupNamed('Service Users').members.has(id);
  return {
    _account_id: id,
    name,
    email,
    username,
    ...(active ? {} : { inactive: true }),
    ...(service ? { tags: ['SERVICE_USER'] } : {}),
  };
}

/** GroupInfo of a group that is kept by Gerrit itself. */
export function groupInfo(site: Site, group: GerritGroup): object {
  const owner = site.accounts.group(group.owner);
  return {
    url: `#/admin/groups/uuid-${group.uuid}`,
    options: group.visibleToAll ? { visible_to_all: true } : {},
    ...(group.description === '' ? {} : { description: group.description }),
    group_id: group.id,
    owner: owner?.name ?? group.name,
    owner_id: group.owner,
    created_on: timestamp(group.created),
    id: group.uuid,
  };
}
