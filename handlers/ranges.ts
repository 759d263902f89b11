import type { BriefPull, RangeRecord } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Intake } from '#core/ports/journal.ts';
import type { PullFacts, RangeFacts, RangeQuestion, ReadBack } from '#core/ports/read-back.ts';
import type { RangeEvidence, Ranged } from '#core/range-evidence.ts';
import type { PathsVerdict } from '#core/reconcile.ts';
import { targetKey, type Footprint, type SourceObject } from '#core/target.ts';
import { basesOf, commitOf } from '#handlers/bases.ts';
import { declaredPaths, judgePaths } from '#handlers/paths.ts';
import { verifyRange, verifyTag, type Asked, type Verifying } from '#handlers/range-evidence.ts';
import type { PolicySet } from '#policy/documents.ts';
import { mergeNeeds, questionOf, rangeNeeds, type OfSource, type RangeNeeds } from '#policy/range-needs.ts';

/** What a revision brings to the targets that it matches. */
export interface Ranges {
  /** Since the last revision that was allowed, of most of the targets; null without any. */
  readonly record: RangeRecord | null;
  /** Of a target; null when it declares no paths or they cannot be judged. */
  paths(source: SourceObject): PathsVerdict | null;
  /** What policies may ask of all that came to a target since its base. */
  evidence(source: SourceObject): Ranged;
}

/** @param missing in words, why the source is not asked */
export function noRanges(missing: string): Ranges {
  return { record: null, paths: () => null, evidence: () => ({ missing }) };
}

export interface RangeDeps extends Verifying {
  readonly journal: Pick<Intake, 'lastAllowed' | 'countedFrom'>;
  readonly inventory: { footprint(source: SourceObject): Footprint };
  readonly policies: () => PolicySet;
}

/** One target, and what must be known for it. */
interface Plan {
  readonly base: string | null;
  /** Of the policies about it; null when they ask for nothing. */
  readonly needs: RangeNeeds | null;
  readonly patterns: readonly string[] | null;
  /** What it has now. */
  readonly has: string | null;
}

/**
 * Asks what lies between what targets have and a revision. Facts count from the base of a target; paths from what the target has now: that is
 * what triggering it would change. A few different bases are asked for, those first that policies need; for targets on others no
 * policy that needs them allows, and they are triggered whatever their paths say.
 * @throws HeadgateError those of ReadBack
 */
export async function readRanges(
  deps: RangeDeps,
  readBack: ReadBack,
  asked: Asked & OfSource,
  sources: readonly SourceObject[],
): Promise<Ranges> {
  const plans = await plan(deps, sources, asked);
  const all = [...plans.values()];
  const questions = questionsOf(all, asked);
  const { repository, revision, fresh } = asked;
  const answer = async (base: string, question: RangeQuestion | undefined): Promise<readonly [string, RangeEvidence]> => {
    const facts = await readBack.range(repository, base, revision, question && fresh ? { ...question, fresh } : question);
    return [base, await verifyRange(deps, readBack, asked, facts)];
  };
  const ranges = new Map(await Promise.all([...questions].map(([base, question]) => answer(base, question))));
  const unbased = all.some(({ base, needs }) => needs?.signatures === true && !questions.has(base ?? ''));
  const tag = unbased ? await verifyTag(deps, readBack, asked) : {};
  const recorded = mostFirst(all.flatMap(({ base }) => base ?? [])).find((base) => base !== revision);
  return {
    record: recordOf(ranges.get(recorded ?? '')?.facts),
    paths(source) {
      const { patterns, has } = plans.get(targetKey(source.target)) ?? {};
      const range = ranges.get(has ?? '');
      return patterns && range && has !== revision ? judgePaths(patterns, range.facts) : null;
    },
    evidence(source) {
      const base = plans.get(targetKey(source.target))?.base ?? null;
      return ranges.get(base ?? '') ?? { missing: base === null ? nothingYet : tooMany, base, ...tag };
    },
  };
}

const nothingYet =
  'the target has nothing yet to count from. Flux fetches its first revision by itself; ask again then (`headgate reconcile`)';
const tooMany = `it matches targets on more than ${limits.readBack.ranges} different revisions. Ask again for this one alone (\`headgate reconcile\`)`;

async function plan(
  { journal, inventory, policies }: RangeDeps,
  sources: readonly SourceObject[],
  of: OfSource & Pick<Asked, 'published'>,
): Promise<ReadonlyMap<string, Plan>> {
  const bases = await basesOf(journal, sources);
  const set = policies();
  return new Map(
    sources.map((source) => {
      const key = targetKey(source.target);
      const footprint = inventory.footprint(source);
      const patterns = declaredPaths(footprint, of.published?.(source));
      return [key, { base: bases.get(key) ?? null, needs: rangeNeeds(set, footprint, of), patterns, has: commitOf(source) }];
    }),
  );
}

/** Of each base that is asked for, the question that policies have; undefined where they have none. */
function questionsOf(plans: readonly Plan[], { ref, revision }: Asked): ReadonlyMap<string, RangeQuestion | undefined> {
  const older = (base: string | null): readonly string[] => (base === null || base === revision ? [] : [base]);
  const needed = mostFirst(plans.flatMap(({ base, needs }) => (needs === null ? [] : (base ?? []))));
  const counted = mostFirst(plans.flatMap(({ base }) => older(base)));
  const pathed = plans.flatMap(({ patterns, has }) => (patterns === null ? [] : older(has)));
  const bases = [...new Set([...needed, ...counted, ...pathed])].slice(0, limits.readBack.ranges);
  const needsAt = (base: string): RangeNeeds | null => mergeNeeds(plans.flatMap((one) => (one.base === base ? (one.needs ?? []) : [])));
  return new Map(bases.map((base) => [base, questionOf(needsAt(base), ref)]));
}

/** Without repetitions, the most frequent first. */
function mostFirst(bases: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const base of bases) counts.set(base, (counts.get(base) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([base]) => base);
}

function recordOf(range: RangeFacts | undefined): RangeRecord | null {
  if (!range) return null;
  const { base, commitCount, files, pulls, checks, lacked } = range;
  const { firstFiles, pulls: mostPulls, morePulls: mostMore, checks: mostChecks } = limits.readBack.kept;
  const more = pulls.slice(mostPulls).flatMap(briefOf);
  return {
    base,
    commits: commitCount,
    files: files.length,
    firstFiles: files.slice(0, firstFiles),
    pulls: pulls.slice(0, mostPulls),
    ...(more.length > 0 ? { morePulls: more.slice(0, mostMore) } : {}),
    checks: checks.slice(0, mostChecks),
    lacked: more.length > mostMore && !lacked.includes('pulls') ? [...lacked, 'pulls'] : lacked,
  };
}

function briefOf({ number, review }: PullFacts): readonly BriefPull[] {
  if (!review) return [];
  const { id, submittedAt, reverts } = review;
  return [{ number, review: { id, submittedAt, reverts } }];
}
