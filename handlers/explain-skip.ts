import type { Change } from '#core/change.ts';
import type { Hint } from '#core/delivery.ts';
import { hasCommit } from '#core/revision.ts';
import type { Footprint } from '#core/target.ts';
import type { KnownPaths } from '#handlers/explain-paths.ts';
import type { ExplainedTarget } from '#handlers/explanation.ts';
import { declaredPaths, sayDeclared } from '#handlers/paths.ts';

/** What a change is explained under, beside itself. */
export interface Circumstances {
  readonly only: Hint['only'];
  /** The change that is the head of the ref now, when that is another one. */
  readonly newer: Change | null;
  readonly paths: KnownPaths;
}

/** Why the worker would not ask Flux for a target that is allowed, in the order in which it looks (reconcile.ts). */
export function skippedBecause(footprint: Footprint, change: Change, { only, newer, paths }: Circumstances): ExplainedTarget['skipped'] {
  const { source } = footprint;
  if (newer) return { reason: 'not-head', message: `the ref has moved on to ${newer.revision ?? 'nothing (deleted)'} (${newer.id})` };
  if (source.suspended) return { reason: 'suspended', message: 'the source object is suspended: Flux would not fetch' };
  if (only?.force === true) return null;
  const untouched = untouchedBy(footprint, paths);
  if (untouched) return { reason: 'paths', message: untouched };
  const isCurrent = change.revision !== null && hasCommit(source, change.revision);
  return isCurrent ? { reason: 'current', message: `the source is at ${source.artifactRevision} already` } : null;
}

function untouchedBy(footprint: Footprint, paths: KnownPaths): string | null {
  const declared = declaredPaths(footprint);
  const judged = declared && paths.judge(footprint, declared);
  if (!judged || judged.changed !== null) return null;
  return `none of the ${judged.files} paths ${sayDeclared(footprint.source.target, judged.declared)}`;
}
