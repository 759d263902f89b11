import type { Account } from '#core/account.ts';
import type { ActorKind } from '#core/person.ts';
import type { AccountInfo } from './change-info.ts';

/**
 * The account by its number: names, user names and addresses can be changed. Who is in Gerrit's group `Service Users` is a bot, and of one
 * who was deactivated is not known what stands behind it.
 */
export function accountOf({ _account_id: id, username, name, tags, inactive }: AccountInfo): Account {
  const kind: ActorKind = tags?.includes('SERVICE_USER') ? 'bot' : inactive ? 'unknown' : 'human';
  return { account: String(id), name: username || name || String(id), kind };
}
