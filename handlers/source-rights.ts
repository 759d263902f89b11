import type { NamespaceAccess, SourceRightsAccess } from '#core/access-matrix.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { SourceRights, WatchedRef } from '#core/ports/source-rights.ts';
import { accessMatrix, type Mapping } from '#handlers/access-matrix.ts';
import { accountsNamedBy, accountsOf, type PersonAccount } from '#policy/people/accounts-of.ts';

export interface AccessQuestion {
  readonly namespace: string;
  /** Only this one; undefined = all of them. */
  readonly cluster?: string | undefined;
  /** Accounts whose rights sources are asked about, by id or user name; with neither, those of everybody whom its policies name. */
  readonly accounts?: readonly string[] | undefined;
  /** Persons, whose accounts are asked about. */
  readonly persons?: readonly string[] | undefined;
}

/**
 * Who may deploy what from where to a namespace, and what the sources themselves let accounts do there. Sources that can be asked are asked.
 * @throws HeadgateError NOT_FOUND for a cluster that is not known
 */
export function namespaceAccess(deps: Mapping, asked: AccessQuestion): Promise<readonly NamespaceAccess[]> {
  const matrix = accessMatrix(deps, asked.namespace, asked.cluster);
  return Promise.all(matrix.map(async (access) => ({ ...access, sourceRights: await rightsAt(deps, access, asked) })));
}

async function rightsAt(deps: Mapping, access: NamespaceAccess, asked: AccessQuestion): Promise<readonly SourceRightsAccess[]> {
  const accounts = accountsFor(deps, access, asked);
  const followed = access.targets.flatMap(({ follows }) => (follows === null ? [] : [follows]));
  const bySource = Map.groupBy(followed, ({ source }) => source);
  const all = [...bySource].map(([source, refs]) => {
    const rights = deps.adapters.get(source)?.rights;
    return rights ? [ask(rights, source, distinct(refs), accounts(source))] : [];
  });
  return Promise.all(all.flat());
}

function distinct(refs: readonly WatchedRef[]): readonly WatchedRef[] {
  const known = new Map(refs.map(({ repository, ref }) => [JSON.stringify([repository, ref]), { repository, ref }]));
  return [...known.values()];
}

interface AskedAccount {
  readonly account: string;
  readonly person: string | null;
}

type AccountsOfSource = (source: string) => readonly AskedAccount[];

function accountsFor(deps: Mapping, { policies: concerned }: NamespaceAccess, { accounts, persons }: AccessQuestion): AccountsOfSource {
  const { policies, people } = deps.policies();
  const given = (accounts ?? []).map((account) => ({ account, person: null }));
  const isGiven = accounts !== undefined || persons !== undefined;
  const names = new Set(concerned.map(({ policy }) => policy));
  const known: readonly PersonAccount[] = isGiven
    ? accountsOf(people, ({ name }) => persons?.includes(name) ?? false)
    : accountsNamedBy(
        policies.filter(({ name }) => names.has(name)),
        people,
        deps.clock.now(),
      );
  return (source) => [...known.filter((one) => one.source === source), ...given];
}

async function ask(
  rights: SourceRights,
  source: string,
  refs: readonly WatchedRef[],
  accounts: readonly AskedAccount[],
): Promise<SourceRightsAccess> {
  const persons = new Map(accounts.map(({ account, person }) => [account, person]));
  const all = [...persons.keys()];
  const first = all.slice(0, Math.floor(limits.gerritRights.pairs / refs.length));
  const answer = { source, left: all.length - first.length };
  try {
    const given = await rights.rights({ refs, accounts: first });
    return { ...answer, rights: given.map((one) => ({ ...one, person: persons.get(one.account) ?? null })), unavailable: null };
  } catch (error) {
    return { ...answer, rights: [], unavailable: messageOf(error) };
  }
}
