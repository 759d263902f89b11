import type { ReadBackRecord } from '#core/change.ts';
import type { PathsVerdict, Reconcile } from '#core/reconcile.ts';
import { hasCommit } from '#core/revision.ts';
import { targetKey, type Footprint } from '#core/target.ts';
import { declaredPaths, judgePaths } from '#handlers/paths.ts';

/** What is known of the paths that differ between what targets have and a change. */
export interface KnownPaths {
  /** Whether anything that a target declares differs from what it has; null when that cannot be told. */
  judge(footprint: Footprint, declared: readonly string[]): PathsVerdict | null;
  /** Why it cannot be told, in words. */
  readonly lack: string;
}

/** Paths that somebody supposes to differ. */
export function supposedPaths(files: readonly string[] | undefined): KnownPaths {
  return {
    judge: ({ source }, declared) =>
      files === undefined ? null : judgePaths(declared, { base: source.artifactRevision ?? '', files, lacked: [] }),
    lack: 'no paths are given',
  };
}

/** Nothing was asked. */
export const unknownPaths: KnownPaths = { judge: () => null, lack: 'the source is not asked what differs' };

/**
 * What is on record of a change: the verdict that its reconcile of the target keeps, for which all paths were seen; else the range
 * that was read back, of which the first paths are kept. Either counts only for a target that is still at the commit from which
 * it was read.
 * @param reconciles those of the change
 */
export function recordedPaths(readBack: ReadBackRecord | null, reconciles: readonly Pick<Reconcile, 'target' | 'paths'>[]): KnownPaths {
  const verdicts = new Map(reconciles.flatMap(({ target, paths }) => (paths === null ? [] : [[targetKey(target), paths] as const])));
  return {
    judge: (footprint, declared) =>
      verdictStillTrue(footprint, declared, verdicts.get(targetKey(footprint.source.target))) ?? inRange(footprint, declared, readBack),
    lack: 'not all paths that differ from what it has now are on record',
  };
}

function verdictStillTrue({ source }: Footprint, declared: readonly string[], kept: PathsVerdict | undefined): PathsVerdict | null {
  const isSame = kept !== undefined && hasCommit(source, kept.base) && declared.join('\n') === kept.declared.join('\n');
  return isSame ? kept : null;
}

/** That one of the first paths is declared says enough; that none is, only when they are all. */
function inRange({ source }: Footprint, declared: readonly string[], readBack: ReadBackRecord | null): PathsVerdict | null {
  const range = readBack?.range;
  if (!range || !hasCommit(source, range.base)) return null;
  const { base, files, firstFiles, lacked } = range;
  const judged = judgePaths(declared, { base, files: firstFiles, lacked });
  return judged && (judged.changed !== null || files === firstFiles.length) ? { ...judged, files } : null;
}

/** Targets whose own paths would have counted, had they been known. */
export function unjudgedPaths(footprints: readonly Footprint[], paths: KnownPaths): readonly string[] {
  return footprints.flatMap((footprint) => {
    const declared = declaredPaths(footprint);
    if (declared === null || paths.judge(footprint, declared) !== null) return [];
    return [`${targetKey(footprint.source.target)} declares headgate.dev/paths; it counts as touched, because ${paths.lack}`];
  });
}
