import { HeadgateError } from '#core/errors.ts';
import { refOfBranch, type ChangeInfo } from './change-info.ts';
import type { FoundChanges } from './change-reader.ts';
import type { ProjectMirror } from './mirror.ts';
import type { Unseen } from './unseen.ts';

/** Which merged change brought each commit. */
export interface Bringing {
  /** By commit; those that nothing is found for came past review. */
  readonly changes: ReadonlyMap<string, ChangeInfo>;
  /** Commits that may yet turn out to belong to a change. */
  readonly pending: readonly string[];
  /** Whether everything could be looked at. */
  readonly complete: boolean;
}

/**
 * Which merged change verifiably brought each of some commits to a branch: one that is MERGED on this very branch, and of which the commit is
 * the current revision (the submit types Cherry Pick and Rebase make a new one), or the automatic merge of that revision into the branch. A
 * number or a Change-Id in a message proves nothing, and neither does an old patch set.
 * @param ref the branch, full; undefined: any
 */
export async function bringing(
  { mirror, unseen }: { readonly mirror: ProjectMirror; readonly unseen: Unseen },
  { project, ref, commits, found }: BringingQuestion,
): Promise<Bringing> {
  const isOn = ({ branch }: ChangeInfo): boolean => ref === undefined || refOfBranch(branch) === ref;
  const on = (commit: string): readonly ChangeInfo[] => found.of(commit).filter(isOn);
  const own = new Map(commits.flatMap((commit) => entry(commit, on(commit).find(isMergedAs(commit)))));
  const rest = commits.filter((commit) => !own.has(commit));
  // A submit that merges brings the change's own revision as well.
  const { merges, complete } = rest.length === 0 || own.size === 0 ? noMerges : await mirror.automaticMerges(project, rest);
  const merged = rest.flatMap((commit) => entry(commit, own.get(merges.get(commit) ?? '')));
  const changes = new Map([...own, ...merged]);
  const unexplained = rest.filter((commit) => !changes.has(commit));
  const open = unexplained.filter((commit) => on(commit).some(isOpenAs(commit)));
  const unknown = unexplained.filter((commit) => on(commit).length === 0);
  return { changes, complete, pending: [...open, ...(unseen.isYoung(project, unknown) ? unknown : [])] };
}

const noMerges = { merges: new Map<string, string>(), complete: true };

export interface BringingQuestion {
  readonly project: string;
  readonly ref: string | undefined;
  readonly commits: readonly string[];
  readonly found: FoundChanges;
}

/** @throws HeadgateError SOURCE_LAGGING: Gerrit says of a commit that is on the branch that its change is open, or nothing yet */
export function refusePending(project: string, { pending }: Bringing): void {
  const [first, ...others] = pending;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw new HeadgateError('SOURCE_LAGGING', `${project} does not show yet which change brought ${first}${more}`);
}

function entry(commit: string, change: ChangeInfo | undefined): readonly (readonly [string, ChangeInfo])[] {
  return change ? [[commit, change]] : [];
}

function isMergedAs(commit: string): (change: ChangeInfo) => boolean {
  return ({ status, current_revision: current }) => status === 'MERGED' && current === commit;
}

function isOpenAs(commit: string): (change: ChangeInfo) => boolean {
  return ({ status, current_revision: current }) => status === 'NEW' && current === commit;
}
