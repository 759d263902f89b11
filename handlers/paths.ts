import { compileGlob, type Glob } from '#core/glob.ts';
import { HeadgateError } from '#core/errors.ts';
import type { RangeFacts } from '#core/ports/read-back.ts';
import type { PathsVerdict } from '#core/reconcile.ts';
import type { Footprint } from '#core/target.ts';

/**
 * The patterns (`headgate.dev/paths`) that say when a target is worth triggering: those of the source object, else those of
 * all its consumers together. Null, which means always, when a consumer declares none: one artifact moves them all.
 */
export function declaredPaths({ source, consumers }: Footprint): readonly string[] | null {
  if (source.paths !== null) return source.paths;
  const declared = consumers.filter(({ suspended }) => !suspended).map(({ paths }) => paths);
  if (declared.length === 0 || declared.includes(null)) return null;
  return [...new Set(declared.flatMap((paths) => paths ?? []))];
}

/**
 * Whether a range changes anything that is declared. Null when that cannot be told, and then the target is triggered:
 * the list of files is not complete, or a pattern is none.
 */
export function judgePaths(declared: readonly string[], range: Pick<RangeFacts, 'base' | 'files' | 'lacked'>): PathsVerdict | null {
  if (range.lacked.includes('files')) return null;
  const globs = compileAll(declared);
  if (!globs) return null;
  const changed = range.files.find((file) => globs.some((glob) => glob.matches(file)));
  return { declared, base: range.base, files: range.files.length, changed: changed ?? null };
}

function compileAll(patterns: readonly string[]): readonly Glob[] | undefined {
  try {
    return patterns.map(compileGlob);
  } catch (error) {
    if (error instanceof HeadgateError) return undefined;
    throw error;
  }
}
