import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { findOwnersFile } from '#core/owners-file.ts';
import type { CheckFacts, RangeCommit, RangeFacts, RangeLack, RangeQuestion } from '#core/ports/read-back.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import { confirmSigned } from '#core/signed-object.ts';
import type { SignedObject } from '#core/signature.ts';
import { CheckRuns, type Commit } from './api-answers.ts';
import type { ApiCall } from './api-call.ts';
import { readCoverage, type Coverage } from './coverage/read-coverage.ts';
import { readContent } from './read-content.ts';
import { readDifference, type Difference } from './read-difference.ts';
import { PullReader, type ReadPull } from './read-pulls.ts';

/** What differs between two commits. */
export async function readRange(call: ApiCall, base: string, head: string, question?: RangeQuestion): Promise<RangeFacts> {
  const reader = new PullReader(call, question?.reviews ? question.ref : undefined);
  const [difference, checks] = await Promise.all([
    readDifference(call, base, head),
    readChecks(call, head),
    base === head ? undefined : reader.begin(head),
  ]);
  const { commits = [], count, files, course } = difference;
  const all = hasAll(difference);
  // Commits that are not known may have come by pull requests that are not known either.
  const [{ pulls, lacked }, owners] = await Promise.all([
    reader.finish(
      commits.map(({ sha }) => sha),
      all,
    ),
    question?.owners ? readOwners(call, base, difference) : null,
  ]);
  const coverage = question?.reviews ? await readCoverage(call, commits, pulls, question.ref) : unasked(pulls);
  return {
    base,
    head,
    commits: commits.map((commit) => describe(commit, coverage, question?.signatures === true)),
    commitCount: count,
    files: files ?? [],
    pulls: coverage.pulls,
    checks: checks ?? [],
    course,
    owners: owners ?? null,
    question: question ?? null,
    lacked: lacks({ all, files, pulls: lacked, checks, question, coverage, owners, commits }),
  };
}

interface Learned {
  readonly all: boolean;
  readonly files: readonly string[] | undefined;
  /** What pull requests and their reviews lack. */
  readonly pulls: readonly RangeLack[];
  readonly checks: readonly CheckFacts[] | undefined;
  readonly question: RangeQuestion | undefined;
  readonly coverage: Coverage;
  readonly owners: RepositoryFile | null | undefined;
  readonly commits: readonly Commit[];
}

function lacks({ all, files, pulls, checks, question, coverage, owners, commits }: Learned): readonly RangeLack[] {
  const covered = all && pulls.length === 0 && coverage.complete;
  const signatures = all && commits.every(({ commit }) => commit.verification !== undefined);
  const without = (lack: RangeLack, isKnown: boolean): readonly RangeLack[] => (isKnown ? [] : [lack]);
  return [
    ...without('commits', all),
    ...without('files', files !== undefined),
    ...pulls,
    ...without('checks', checks !== undefined),
    ...without('coverage', !question?.reviews || covered),
    ...without('signatures', !question?.signatures || signatures),
    ...without('owners', owners !== undefined),
  ];
}

function hasAll({ commits, count }: Difference): boolean {
  return commits !== undefined && commits.length === count;
}

/** For whoever asked for no coverage: nothing of it. */
function unasked(pulls: readonly ReadPull[]): Coverage {
  return { of: () => ({ hands: [], broughtBy: null }), pulls: pulls.map(({ facts }) => facts), complete: true };
}

function describe(commit: Commit, coverage: Coverage, signatures: boolean): RangeCommit {
  const { sha, author } = commit;
  const [title = ''] = commit.commit.message.split('\n', 1);
  const account = author === null ? null : String(author.id);
  return { id: sha, title, account, ...coverage.of(commit), signed: signatures ? signedOf(commit) : null };
}

/** What GitHub hands out counts when it makes up this very commit: else any old signature could stand for it. */
function signedOf({ sha, commit: { verification } }: Commit): SignedObject | null {
  const { signature, payload } = verification ?? {};
  return signature && payload ? confirmSigned('commit', sha, payload, signature) : null;
}

/** Undefined when the source does not know the base, or the file is larger than what is read, or no text. */
async function readOwners(call: ApiCall, base: string, { count }: Difference): Promise<RepositoryFile | null | undefined> {
  if (count === null) return undefined;
  try {
    return await findOwnersFile((path) => readContent(call, base, path));
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'CONTENT_TOO_LARGE') return undefined;
    throw error;
  }
}

/** Undefined when the credentials do not reach them, or when there are too many. */
async function readChecks(call: ApiCall, head: string): Promise<readonly CheckFacts[] | undefined> {
  const found = await call.list(CheckRuns, '/commits/{ref}/check-runs', limits.github.checkPages, { ref: head });
  return 'items' in found && found.complete ? found.items : undefined;
}
