import { limits } from '#core/limits.ts';
import type { RangeFacts, RangeQuestion } from '#core/ports/read-back.ts';
import type { ChangeInfo, FileInfo, RevisionInfo } from './change-info.ts';

/**
 * A range that is nothing but one change on top of its base, which most are: what git would tell of it Gerrit has told with the change. Undefined
 * for every other range, where the files are not told completely, and where signatures are asked for.
 * @param changes that have the head among their patch sets
 */
export function singleChange(changes: readonly ChangeInfo[], base: string, head: string, question?: RangeQuestion): RangeFacts | undefined {
  const change = changes.find(({ status, current_revision: current }) => status === 'MERGED' && current === head);
  const revision = change?.revisions[head];
  if (change === undefined || revision === undefined || question?.signatures || !isOnTop(revision, base)) return undefined;
  const files = pathsOf(revision.files);
  return (
    files && {
      base,
      head,
      commits: [{ id: head, title: titleOf(change), account: null, hands: [], broughtBy: null, signed: null }],
      commitCount: 1,
      files,
      pulls: [],
      checks: [],
      course: 'ahead',
      owners: null,
      question: question ?? null,
      lacked: ['checks', ...(question?.owners ? (['owners'] as const) : [])],
    }
  );
}

function isOnTop({ commit }: RevisionInfo, base: string): boolean {
  return commit?.parents.length === 1 && commit.parents[0]?.commit === base;
}

function titleOf({ subject }: ChangeInfo): string {
  return subject.replaceAll(/\p{Cc}/gu, ' ').slice(0, limits.git.titleChars);
}

/**
 * Paths that differ from those of the only parent, sorted; both names of a renamed file. What begins with a slash is no file but what Gerrit
 * shows like one (`/COMMIT_MSG`). Undefined when they are not told, are too many, or one of them is no text.
 */
function pathsOf(files: Readonly<Record<string, FileInfo>> | undefined): readonly string[] | undefined {
  if (files === undefined) return undefined;
  const paths = Object.entries(files)
    .filter(([path]) => !path.startsWith('/'))
    .flatMap(([path, { status, old_path: old }]) => (status === 'R' && old !== undefined ? [path, old] : [path]));
  const areTold =
    paths.length <= limits.git.files && paths.every((path) => path.length <= limits.git.pathChars && !path.includes('\uFFFD'));
  return areTold ? [...new Set(paths)].toSorted() : undefined;
}
