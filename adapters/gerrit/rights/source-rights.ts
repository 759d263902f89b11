import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { AccountRights, Right, RightAnswer, SourceRights, WatchedRef } from '#core/ports/source-rights.ts';
import type { Asking, GerritClient } from '../rest/client.ts';
import { projectPath, query } from '../rest/paths.ts';
import { findAccount, type AccountInfo } from './find-account.ts';
import { readGroups, readMembership, seesGroup, type SeesGroup } from './membership.ts';
import { permitted } from './permission.ts';
import { ownersOf, readAccess, sectionsOf, type AccessRules } from './read-access.ts';

export interface GerritRightsOptions {
  readonly client: Pick<GerritClient, 'get'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** `AccessCheckInfo` ("Project Endpoints", Check Access). The status of the HTTP answer is 200 whatever it says. */
const AccessCheck = z.object({ status: z.int() });
const Project = z.object({ state: z.string().optional() });

/** What is read of one project, once for all accounts. */
interface ProjectRules extends AccessRules {
  readonly state: string;
}

interface Reading {
  readonly client: Pick<GerritClient, 'get'>;
  readonly asking: Asking;
  readonly sees: SeesGroup;
  readonly rulesOf: (project: string) => Promise<ProjectRules>;
}

/** Read and push by Gerrit's own word; submit, of which it has none, by its access rules and the account's groups. */
export function createGerritRights({ client, clock }: GerritRightsOptions): SourceRights {
  return {
    async rights({ accounts, refs }) {
      const asking = { until: clock.monotonic() + limits.gerritRights.timeout };
      const rules = new Map<string, Promise<ProjectRules>>();
      const rulesOf = (project: string): Promise<ProjectRules> => {
        const known = rules.get(project) ?? readRules(client, project, asking);
        rules.set(project, known);
        return known;
      };
      const reading = { client, asking, sees: seesGroup(client, asking), rulesOf };
      return (await Promise.all(accounts.map((account) => ofAccount(reading, account, refs)))).flat();
    },
  };
}

async function ofAccount(reading: Reading, account: string, refs: readonly WatchedRef[]): Promise<readonly AccountRights[]> {
  const info = await findAccount(reading.client, account, reading.asking);
  if (info === undefined) {
    const right = { answer: 'unknown', why: 'Gerrit shows no such account' } as const;
    return refs.map((watched) => ({ ...watched, account, name: account, read: right, push: right, submit: right }));
  }
  const groups = await readGroups(reading.client, info._account_id, reading.asking);
  return Promise.all(refs.map((watched) => ofRef(reading, { ...info, groups }, watched)));
}

/** With the groups that are shown of it. */
interface KnownAccount extends AccountInfo {
  readonly groups: ReadonlySet<string> | undefined;
}

async function ofRef(reading: Reading, info: KnownAccount, watched: WatchedRef): Promise<AccountRights> {
  const { _account_id: id, username, name, inactive } = info;
  const who = { ...watched, account: String(id), name: username ?? name ?? String(id) };
  const never: Right = { answer: 'no', why: 'the account is inactive' };
  if (inactive === true) return { ...who, read: never, push: never, submit: never };
  const [read, push, submit] = await Promise.all([
    checked(reading, id, watched, 'read'),
    checked(reading, id, watched, 'push'),
    mayMerge(reading, info, watched),
  ]);
  return { ...who, read, push, submit };
}

async function checked({ client, asking }: Reading, account: number, { repository, ref }: WatchedRef, perm: string): Promise<Right> {
  const path = `${projectPath(repository)}/check.access${query({ account: String(account), ref, perm })}`;
  const found = await client.get(AccessCheck, path, asking);
  if ('missing' in found) return { answer: 'unknown', why: whyUnchecked(found.missing) };
  const { status } = found.data;
  if (status === 200) return { answer: 'yes', why: null };
  return status === 403 || status === 404 ? { answer: 'no', why: null } : { answer: 'unknown', why: `Gerrit answers ${status}` };
}

function whyUnchecked({ status, message }: { readonly status: number; readonly message: string }): string {
  return status === 403 ? `${message}: our account lacks the capability View Access` : `${status} ${message}`.trim();
}

async function mayMerge({ sees, rulesOf }: Reading, info: KnownAccount, { repository, ref }: WatchedRef): Promise<Right> {
  const rules = await rulesOf(repository);
  if (rules.state !== 'ACTIVE') return { answer: 'no', why: `the project is ${rules.state.toLowerCase().replace('_', '-')}` };
  if (rules.hidden !== null) return { answer: 'unknown', why: rules.hidden };
  const sections = sectionsOf(rules, 'submit');
  const named = sections.flatMap((section) => section.rules.map(({ group }) => group));
  const { isIn, whyUnknown } = await readMembership({ listed: info.groups, named, owners: ownersOf(rules), sees });
  const user = { id: info._account_id, username: info.username, emails: info.email === undefined ? [] : [info.email] };
  const answer: RightAnswer = permitted(sections, { ref, user, isIn });
  if (answer !== 'unknown') return { answer, why: null };
  const why = [...new Set(named.flatMap((group) => whyUnknown(group) ?? []))].join('; ');
  return { answer, why: why === '' ? 'it hangs on a pattern of refs that only Gerrit evaluates' : why };
}

/** A project that is not ACTIVE takes no submits (server/project/ProjectState.java, statePermitsWrite). */
async function readRules(client: Pick<GerritClient, 'get'>, project: string, asking: Asking): Promise<ProjectRules> {
  const found = await client.get(Project, projectPath(project), asking);
  if ('missing' in found) return { chain: [], hidden: 'our account does not see the project', state: 'ACTIVE' };
  return { ...(await readAccess(client, project, asking)), state: found.data.state ?? 'ACTIVE' };
}
