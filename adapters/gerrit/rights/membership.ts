import { z } from 'zod';
import { decoded } from '#core/decoded.ts';
import type { RightAnswer } from '#core/ports/source-rights.ts';
import type { Asking, GerritClient } from '../rest/client.ts';
import { accountPath } from '../rest/paths.ts';
import { some } from './certainty.ts';

/** UUIDs, percent-encoded: `global%3ARegistered-Users` ("Group Endpoints", GroupInfo). */
const Groups = z.array(z.object({ id: z.string() }));

/** Whether a group can be seen is asked once for all accounts. */
export type SeesGroup = (group: string) => Promise<boolean>;

/** @throws HeadgateError SOURCE_… (of what is returned) */
export function seesGroup(client: Pick<GerritClient, 'get'>, asking: Asking): SeesGroup {
  const asked = new Map<string, Promise<boolean>>();
  const look = async (group: string): Promise<boolean> =>
    'data' in (await client.get(z.object({ id: z.string() }), `/groups/${encodeURIComponent(group)}`, asking));
  return (group) => {
    const known = asked.get(group) ?? look(group);
    asked.set(group, known);
    return known;
  };
}

/** In which groups an account is, as far as ours can see. */
export interface Membership {
  readonly isIn: (group: string) => RightAnswer;
  /** Why a group is not known; null for one that is. */
  readonly whyUnknown: (group: string) => string | null;
}

/**
 * The groups of an account that ours may see, nested ones too; undefined where it may see none of it. @throws HeadgateError SOURCE_…
 */
export async function readGroups(
  client: Pick<GerritClient, 'get'>,
  account: number,
  asking: Asking,
): Promise<ReadonlySet<string> | undefined> {
  const found = await client.get(Groups, `${accountPath(String(account))}/groups`, asking);
  return 'data' in found ? new Set(found.data.map(({ id }) => decoded(id))) : undefined;
}

export interface MembershipQuestion {
  /** The account's groups, as far as they are shown. */
  readonly listed: ReadonlySet<string> | undefined;
  /** UUIDs of the groups that rules name. */
  readonly named: readonly string[];
  /** Groups that own the project. */
  readonly owners: readonly string[];
  readonly sees: SeesGroup;
}

/**
 * Gerrit leaves out groups that our account may not see. So one that is not listed is known not to hold the account only where the group
 * itself can be seen, and is Gerrit's own. @throws HeadgateError SOURCE_…
 */
export async function readMembership({ listed, named, owners, sees }: MembershipQuestion): Promise<Membership> {
  const others = [...new Set([...named, ...owners])].filter((group) => isOwn(group) && !listed?.has(group));
  const seen = new Set((await Promise.all(others.map(async (group) => ((await sees(group)) ? [group] : [])))).flat());
  const inGroup = (group: string): RightAnswer => {
    if (everybody.includes(group) || listed?.has(group)) return 'yes';
    return listed !== undefined && seen.has(group) ? 'no' : 'unknown';
  };
  const isIn = (group: string): RightAnswer => (group === PROJECT_OWNERS ? some(owners.map(inGroup)) : inGroup(group));
  return { isIn, whyUnknown: (group) => (isIn(group) === 'unknown' ? whyUnknown(group) : null) };
}

/** Whoever has an account is in both (server/group/SystemGroupBackend.java). */
const everybody: readonly string[] = ['global:Anonymous-Users', 'global:Registered-Users'];
const PROJECT_OWNERS = 'global:Project-Owners';
const CHANGE_OWNER = 'global:Change-Owner';

function whyUnknown(group: string): string {
  if (group === CHANGE_OWNER) return 'only for changes of its own';
  if (group === PROJECT_OWNERS) return 'whether it owns the project is not known';
  return isOwn(group) ? `whether it is in group ${group} cannot be seen` : `${group} is kept outside of Gerrit, and lists no members`;
}

/** Gerrit's own groups have UUIDs of 40 hexadecimal digits; others are kept elsewhere (`ldap:…`), and need not be known completely. */
function isOwn(group: string): boolean {
  return /^[0-9a-f]{40}$/.test(group);
}
