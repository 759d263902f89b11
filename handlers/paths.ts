import { compileGlob, type Glob } from '#core/glob.ts';
import { HeadgateError } from '#core/errors.ts';
import type { RangeFacts } from '#core/ports/read-back.ts';
import type { PathsVerdict } from '#core/reconcile.ts';
import type { Publication } from '#core/publication.ts';
import type { Footprint, TargetRef } from '#core/target.ts';

/**
 * The patterns (`headgate.dev/paths`) that say when a target is worth triggering: those of the source object, else those of
 * all its consumers together; where a consumer declares none, because one artifact moves them all, those that lie in what is published for it. Null means always.
 * @param published what the target gets published, if it does
 */
export function declaredPaths({ source, consumers }: Footprint, published?: Pick<Publication, 'path'>): readonly string[] | null {
  if (source.paths !== null) return source.paths;
  const declared = consumers.filter(({ suspended }) => !suspended).map(({ paths }) => paths);
  if (declared.length === 0 || declared.includes(null)) return publishedPaths(published);
  return [...new Set(declared.flatMap((paths) => paths ?? []))];
}

/** What changes nothing that is published would be the same content under another revision, and Flux would apply all of it again. */
function publishedPaths(published: Pick<Publication, 'path'> | undefined): readonly string[] | null {
  if (!published || published.path === '') return null;
  return [`${published.path.replaceAll(/[\\*?[\]{}!]/g, String.raw`\$&`)}/**`];
}

/** A footprint whose source declares what concerns it. */
export function withPublishedPaths(footprint: Footprint, published: Pick<Publication, 'path'> | undefined): Footprint {
  return published ? { ...footprint, source: { ...footprint.source, paths: declaredPaths(footprint, published) } } : footprint;
}

/** In words, where the patterns come from that none of the paths fits. */
export function sayDeclared({ kind }: Pick<TargetRef, 'kind'>, declared: readonly string[]): string {
  const patterns = declared.join(', ');
  return kind === 'OCIRepository'
    ? `concerns it (headgate.dev/paths, else the path that is published): ${patterns}`
    : `is declared by headgate.dev/paths: ${patterns}`;
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
