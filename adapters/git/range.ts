import { isUtf8 } from 'node:buffer';
import { limits } from '#core/limits.ts';
import { unknownRange } from '#core/unknown-range.ts';
import type { RangeCommit, RangeFacts, RangeLack, RangeQuestion } from '#core/ports/read-back.ts';
import type { Mirror } from './mirror.ts';
import { withSignatures } from './signed-commits.ts';

/** What git never knows: it has no pull requests, no reviews and no checks. */
function unknownToGit(question: RangeQuestion | undefined): readonly RangeLack[] {
  const asked: readonly (RangeLack | undefined)[] = [question?.reviews ? 'coverage' : undefined, question?.owners ? 'owners' : undefined];
  return ['pulls', 'reviews', 'checks', ...asked.filter((lack) => lack !== undefined)];
}

/** What a mirror that has both commits knows of the range between them. */
export async function rangeOf(mirror: Mirror, base: string, head: string, question?: RangeQuestion): Promise<RangeFacts> {
  const { commits: named, commitCount } = await commitsOf(mirror, base, head);
  const { commits, complete: areRead } = question?.signatures ? await withSignatures(mirror, named) : { commits: named, complete: true };
  const { files, complete } = await filesOf(mirror, base, head);
  const course = await courseOf(mirror, base, head);
  const lacked: RangeLack[] = [];
  if (commits.length !== commitCount) lacked.push('commits');
  if (!complete) lacked.push('files');
  if (!areRead) lacked.push('signatures');
  return {
    base,
    head,
    commits,
    commitCount,
    files,
    pulls: [],
    checks: [],
    course,
    owners: null,
    question: question ?? null,
    lacked: [...lacked, ...unknownToGit(question)],
  };
}

/** A range one of whose ends the server does not know. */
export function rangeUnknownToGit(base: string, head: string, question?: RangeQuestion): RangeFacts {
  return unknownRange(base, head, question, [...(question?.signatures ? (['signatures'] as const) : []), ...unknownToGit(question)]);
}

/** From where the two commits parted: git-merge-base(1), which ends with 1 for histories that have nothing in common. */
async function courseOf(mirror: Mirror, base: string, head: string): Promise<RangeFacts['course']> {
  if (base === head) return 'same';
  const parted = await mirror.ask(['merge-base', '--all', '--end-of-options', base, head], { codes: [0, 1] });
  const [commit = '', ...others] = parted.stdout.toString('latin1').split('\n').filter(Boolean);
  if (others.length > 0) return 'diverged';
  return commit === base ? 'ahead' : commit === head ? 'back' : 'diverged';
}

async function commitsOf(mirror: Mirror, base: string, head: string): Promise<Pick<RangeFacts, 'commits' | 'commitCount'>> {
  const options = ['-z', '--no-decorate', '--no-notes', '--no-color', `--max-count=${limits.git.commits}`, '--format=%H %s'];
  const logged = await mirror.ask(['log', ...options, `${base}..${head}`, '--']);
  const entries = whole(logged.stdout, logged.ended !== undefined).map((entry) => entry.toString('utf8'));
  const areAll = logged.ended === undefined && entries.length < limits.git.commits;
  return { commits: entries.map(commitOf), commitCount: areAll ? entries.length : await countOf(mirror, base, head) };
}

async function countOf(mirror: Mirror, base: string, head: string): Promise<number> {
  const counted = await mirror.ask(['rev-list', '--count', `${base}..${head}`, '--']);
  return Number(counted.stdout.toString('utf8'));
}

function commitOf(entry: string): RangeCommit {
  const end = entry.indexOf(' ');
  const title = entry
    .slice(end + 1)
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, limits.git.titleChars);
  return { id: entry.slice(0, end), title, account: null, hands: [], broughtBy: null, signed: null };
}

async function filesOf(
  mirror: Mirror,
  base: string,
  head: string,
): Promise<{ readonly files: readonly string[]; readonly complete: boolean }> {
  const options = ['-r', '--name-only', '-z', '--no-renames', '--no-color', '--ignore-submodules=none'];
  const differing = await mirror.ask(['diff-tree', ...options, base, head, '--']);
  const paths = whole(differing.stdout, differing.ended !== undefined);
  // A path that is no text cannot be told: what stands for it in a string would be another path.
  const told = paths.filter((path) => path.length <= limits.git.pathChars && isUtf8(path)).slice(0, limits.git.files);
  return {
    files: told.map((path) => path.toString('utf8')).toSorted(),
    complete: told.length === paths.length && differing.ended === undefined,
  };
}

/** The entries of NUL-separated output; a last one that was cut off is none. */
function whole(output: Buffer, cut: boolean): readonly Buffer[] {
  const entries: Buffer[] = [];
  let begin = 0;
  for (let end = output.indexOf(0); end >= 0; end = output.indexOf(0, begin)) {
    entries.push(output.subarray(begin, end));
    begin = end + 1;
  }
  if (!cut && begin < output.length) entries.push(output.subarray(begin));
  return entries;
}
