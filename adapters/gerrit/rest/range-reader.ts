import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { PullFacts, RangeCommit, RangeFacts, RangeLack, RangeQuestion } from '#core/ports/read-back.ts';
import { bringing, refusePending, type Bringing } from './bringing.ts';
import { AccessInfos, type ChangeInfo } from './change-info.ts';
import type { ChangeReader } from './change-reader.ts';
import { pullOf } from './change-review.ts';
import type { Asking, GerritClient } from './client.ts';
import type { GroupReader } from './group-reader.ts';
import type { ProjectMirror } from './mirror.ts';
import { PatchSets } from './patch-sets.ts';
import { query } from './paths.ts';
import { singleChange } from './single-change.ts';
import type { Unseen } from './unseen.ts';

export interface RangeReaderDeps {
  /** `spec.sources[].url`. */
  readonly url: string;
  readonly client: GerritClient;
  readonly mirror: ProjectMirror;
  readonly clock: Clock;
  readonly changes: ChangeReader;
  readonly groups: GroupReader;
  readonly unseen: Unseen;
}

export interface RangeAsked {
  readonly project: string;
  readonly base: string;
  readonly head: string;
  readonly question?: RangeQuestion | undefined;
}

/** Of what git cannot know, all but checks is told by REST. */
const toldByRest: ReadonlySet<RangeLack> = new Set(['pulls', 'reviews', 'coverage']);

/**
 * What differs between two commits: which changes brought them, with their votes, by REST; commits, files and signatures by git, unless
 * there is nothing but one change, of which Gerrit tells all.
 * @throws HeadgateError as ReadBack; SOURCE_LAGGING where the head is fresh and a commit's change is not shown as merged yet
 */
export async function readRange(deps: RangeReaderDeps, asked: RangeAsked): Promise<RangeFacts> {
  const { project, question } = asked;
  const asking: Asking = { until: deps.clock.monotonic() + limits.gerritRest.callTimeout };
  const [facts, rules] = await Promise.all([
    factsOf(deps, asked, asking),
    asked.base === asked.head ? null : rulesOf(deps.client, project, asking),
  ]);
  const commits = facts.commits.slice(0, limits.gerritRest.commits);
  const found = await deps.changes.find(
    project,
    commits.map(({ id }) => id),
    asking,
  );
  const brought = await bringing(deps, { project, ref: question?.ref, commits: commits.map(({ id }) => id), found });
  if (question?.reviews === true && question.fresh === true) refusePending(project, brought);
  const pulls = pullsOf(brought, { url: deps.url, rules });
  const isComplete = found.complete && brought.complete && commits.length === facts.commitCount;
  return {
    ...facts,
    commits: question?.reviews ? facts.commits.map((commit) => covered(commit, brought)) : facts.commits,
    pulls: question?.reviews ? await deps.groups.inPulls(pulls, asking) : pulls,
    lacked: [...facts.lacked.filter((lack) => !toldByRest.has(lack)), ...lacks(isComplete, question)],
  };
}

/** Without what REST alone tells. */
async function factsOf(
  { changes, mirror }: RangeReaderDeps,
  { project, base, head, question }: RangeAsked,
  asking: Asking,
): Promise<RangeFacts> {
  const found = base === head || question?.signatures ? undefined : await changes.find(project, [head], asking);
  return singleChange(found?.of(head) ?? [], base, head, question) ?? mirror.range(project, base, head, question);
}

/** Each change once, in the order of its newest commit. */
function pullsOf({ changes }: Bringing, context: Parameters<typeof pullOf>[1]): readonly PullFacts[] {
  const byNumber = new Map([...changes.values()].map((change) => [change._number, change]));
  return [...byNumber.values()].map((change) => pullOf(change, context));
}

function covered(commit: RangeCommit, { changes }: Bringing): RangeCommit {
  const change: ChangeInfo | undefined = changes.get(commit.id);
  return { ...commit, broughtBy: change?._number ?? null, hands: change ? new PatchSets(change).hands() : [null] };
}

function lacks(isComplete: boolean, question: RangeQuestion | undefined): readonly RangeLack[] {
  return isComplete ? [] : ['pulls', 'reviews', ...(question?.reviews ? (['coverage'] as const) : [])];
}

/** What `refs/meta/config` leads to, which the rights are read from; null where Gerrit does not tell. */
async function rulesOf(client: GerritClient, project: string, asking: Asking): Promise<string | null> {
  const found = await client.get(AccessInfos, `/access/${query({ project })}`, asking);
  return 'data' in found ? (found.data[project]?.revision ?? null) : null;
}
