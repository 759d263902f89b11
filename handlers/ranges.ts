import type { RangeRecord } from '#core/change.ts';
import { fullCommitId } from '#core/commit-id.ts';
import { limits } from '#core/limits.ts';
import type { Intake } from '#core/ports/journal.ts';
import type { RangeFacts, ReadBack } from '#core/ports/read-back.ts';
import type { PathsVerdict } from '#core/reconcile.ts';
import { parseRevision } from '#core/revision.ts';
import { targetKey, type Footprint, type SourceObject } from '#core/target.ts';
import { declaredPaths, judgePaths } from '#handlers/paths.ts';

/** What a revision brings to the targets that it matches. */
export interface Ranges {
  /** Since the last revision that was allowed, of most of the targets; null without any. */
  readonly record: RangeRecord | null;
  /** Of a target; null when it declares no paths or they cannot be judged. */
  paths(source: SourceObject): PathsVerdict | null;
}

export const noRanges: Ranges = { record: null, paths: () => null };

export interface RangeDeps {
  readonly journal: Pick<Intake, 'lastAllowed'>;
  readonly inventory: { footprint(source: SourceObject): Footprint };
}

/**
 * Asks what lies between what targets have and a revision. Facts count from the last revision that was allowed (else from
 * what the target has); paths from what the target has now: that is what triggering it would change.
 * A few different bases are asked for; targets on others are triggered whatever their paths say.
 */
export async function readRanges(
  deps: RangeDeps,
  readBack: ReadBack,
  repository: string,
  revision: string,
  sources: readonly SourceObject[],
): Promise<Ranges> {
  const allowed = await deps.journal.lastAllowed(sources.map(({ target }) => targetKey(target)));
  const factBases = mostFirst(sources.flatMap((source) => allowed.get(targetKey(source.target)) ?? commitOf(source) ?? []));
  const declared = new Map(sources.map((source) => [targetKey(source.target), declaredPaths(deps.inventory.footprint(source))]));
  const pathBases = sources.flatMap((source) => (declared.get(targetKey(source.target)) ? (commitOf(source) ?? []) : []));
  const isOlder = (base: string): boolean => base !== revision;
  const asked = [...new Set([...factBases, ...pathBases])].filter(isOlder).slice(0, limits.readBack.ranges);
  const ranges = new Map(await Promise.all(asked.map(async (base) => [base, await readBack.range(repository, base, revision)] as const)));
  const factBase = factBases.find(isOlder);
  return {
    record: recordOf(factBase === undefined ? undefined : ranges.get(factBase)),
    paths(source) {
      const patterns = declared.get(targetKey(source.target));
      const range = ranges.get(commitOf(source) ?? '');
      return patterns && range ? judgePaths(patterns, range) : null;
    },
  };
}

/** The commit that a source object has; null before its first artifact, and for artifacts that are no commit. */
function commitOf({ artifactRevision }: SourceObject): string | null {
  const digest = artifactRevision === null ? undefined : parseRevision(artifactRevision)?.digest;
  return digest !== undefined && fullCommitId.test(digest) ? digest : null;
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
  const { firstFiles, pulls: mostPulls, checks: mostChecks } = limits.readBack.kept;
  return {
    base,
    commits: commitCount,
    files: files.length,
    firstFiles: files.slice(0, firstFiles),
    pulls: pulls.slice(0, mostPulls),
    checks: checks.slice(0, mostChecks),
    lacked,
  };
}
