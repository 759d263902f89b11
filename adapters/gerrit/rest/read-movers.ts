import type { Account } from '#core/account.ts';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { accountOf } from './account-of.ts';
import { bringing, refusePending } from './bringing.ts';
import type { RangeReaderDeps } from './range-reader.ts';

/** A movement of a branch. */
export interface Movement {
  readonly project: string;
  /** Full. */
  readonly ref: string;
  readonly before: string | null;
  readonly after: string;
}

type MoverDeps = Pick<RangeReaderDeps, 'mirror' | 'changes' | 'groups' | 'unseen'> & { readonly clock: Clock };

/**
 * Who moved a branch: whoever submitted the changes that brought every commit of the movement, or closed them by a push. Of what was pushed
 * past review Gerrit keeps no record that it hands out, and of tags none at all.
 * @throws HeadgateError as ReadBack; SOURCE_LAGGING while a commit's change is not shown as merged yet
 */
export async function readMovers(deps: MoverDeps, movement: Movement): Promise<readonly Account[] | undefined> {
  const { project, ref } = movement;
  if (!ref.startsWith('refs/heads/')) return undefined;
  const asking = { until: deps.clock.monotonic() + limits.gerritRest.callTimeout };
  const commits = await commitsOf(deps, movement, asking);
  if (commits === undefined) return undefined;
  const found = await deps.changes.find(project, commits, asking);
  const brought = await bringing(deps, { project, ref, commits, found });
  refusePending(project, brought);
  const submitters = commits.map((commit) => brought.changes.get(commit)?.submitter);
  const named = submitters.filter((submitter) => submitter !== undefined);
  if (named.length < submitters.length) return undefined;
  const accounts = named.map(accountOf);
  return deps.groups.of([...new Map(accounts.map((account) => [account.account, account])).values()], asking);
}

/** Of a movement by one change on top of what was there Gerrit tells by itself; of others git. Undefined where they are not known, or too many. */
async function commitsOf(
  { changes, mirror }: MoverDeps,
  { project, before, after }: Movement,
  asking: { readonly until: number },
): Promise<readonly string[] | undefined> {
  if (before === null) return [after];
  const found = await changes.find(project, [after], asking);
  const parents = found.of(after).map(({ revisions }) => revisions[after]?.commit?.parents ?? []);
  if (parents.some(([first, ...others]) => first?.commit === before && others.length === 0)) return [after];
  const { commits, commitCount, course } = await mirror.range(project, before, after);
  const isKnown = course === 'ahead' && commits.length === commitCount && commits.length <= limits.gerritRest.commits;
  return isKnown ? commits.map(({ id }) => id) : undefined;
}
