import type { Change } from '#core/change.ts';
import type { Hint } from '#core/delivery.ts';
import { isAtCommit } from '#core/revision.ts';
import { targetKey, type Footprint } from '#core/target.ts';
import type { ExplainedTarget } from '#handlers/explanation.ts';
import { declaredPaths, judgePaths } from '#handlers/paths.ts';

/** What a change is explained under, beside itself. */
export interface Circumstances {
  readonly only: Hint['only'];
  /** The change that is the head of the ref now, when that is another one. */
  readonly newer: Change | null;
  /** Paths that differ from what the targets have; null when that is not known. */
  readonly paths: readonly string[] | null;
}

/** Why the worker would not ask Flux for a target that is allowed, in the order in which it looks (reconcile.ts). */
export function skippedBecause(footprint: Footprint, change: Change, { only, newer, paths }: Circumstances): ExplainedTarget['skipped'] {
  const { source } = footprint;
  if (newer) return { reason: 'not-head', message: `the ref has moved on to ${newer.revision ?? 'nothing (deleted)'} (${newer.id})` };
  if (source.suspended) return { reason: 'suspended', message: 'the source object is suspended: Flux would not fetch' };
  if (only?.force === true) return null;
  const untouched = paths && untouchedBy(footprint, paths);
  if (untouched) return { reason: 'paths', message: untouched };
  const isCurrent = change.revision !== null && isAtCommit(source.artifactRevision, change.revision);
  return isCurrent ? { reason: 'current', message: `the source is at ${source.artifactRevision} already` } : null;
}

function untouchedBy(footprint: Footprint, paths: readonly string[]): string | null {
  const declared = declaredPaths(footprint);
  const judged = declared && judgePaths(declared, { base: footprint.source.artifactRevision ?? '', files: paths, lacked: [] });
  if (!judged || judged.changed !== null) return null;
  return `none of the ${paths.length} paths is declared by headgate.dev/paths: ${judged.declared.join(', ')}`;
}

/** Targets whose own paths would have counted, had they been given. */
export function unjudgedPaths(footprints: readonly Footprint[], { paths }: Circumstances): readonly string[] {
  const declaring = paths === null ? footprints.filter((footprint) => declaredPaths(footprint) !== null) : [];
  return declaring.map(
    ({ source }) => `${targetKey(source.target)} declares headgate.dev/paths; it counts as touched, because no paths are given`,
  );
}
