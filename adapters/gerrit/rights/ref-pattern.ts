import { createRequire } from 'node:module';
import type * as Re2 from '@bufbuild/re2';
import type { RightAnswer } from '#core/ports/source-rights.ts';
import { known, some } from './certainty.ts';

/** By what an account is called in `${username}`. */
export interface PatternUser {
  readonly id: number;
  readonly username: string | undefined;
  /** Those that are known: others need not be told. */
  readonly emails: readonly string[];
}

/** How a section of access rules fits a ref. */
export interface PatternFit {
  readonly fits: RightAnswer;
  /** The larger, the more specific; null where Gerrit takes it from a regular expression, so that its place among the others is not known. */
  readonly weight: number | null;
}

const nowhere: PatternFit = { fits: 'no', weight: 0 };

/**
 * Whether a reference name of a section is about a ref: exact, a prefix that ends in `/*`, a regular expression that begins with `^`, any of
 * them with `${username}` or `${shardeduserid}` (Gerrit, "Access Controls", "Reference-Level Access Control"; server/project/RefPatternMatcher.java).
 */
export function fitOf(pattern: string, ref: string, user: PatternUser): PatternFit {
  if (pattern.includes('${')) return { fits: fitsExpanded(pattern, ref, user), weight: null };
  if (pattern.startsWith('^')) return { fits: fitsExpression(pattern, ref), weight: null };
  if (pattern.endsWith('/*')) return ref.startsWith(pattern.slice(0, -1)) ? { fits: 'yes', weight: pattern.length - 1 } : nowhere;
  return pattern === ref ? { fits: 'yes', weight: ref.length } : nowhere;
}

/** Gerrit tries the user name and every e-mail address; an address that nobody told of may fit as well. */
function fitsExpanded(pattern: string, ref: string, user: PatternUser): RightAnswer {
  const names = [...(user.username === undefined ? [] : [user.username]), ...user.emails];
  const expanded = names.map((name) => expand(pattern, name, user.id));
  if (expanded.some((text) => text.includes('${'))) return 'unknown';
  const fits = some(expanded.map((text) => fitOf(text, ref, user).fits));
  return fits === 'no' && ref.includes('@') ? 'unknown' : fits;
}

function expand(pattern: string, name: string, id: number): string {
  const quoted = pattern.startsWith('^') ? name.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&') : name;
  const shard = `${String(id % 100).padStart(2, '0')}/${id}`;
  return pattern.replaceAll('${username}', () => quoted).replaceAll('${shardeduserid}', () => shard);
}

/** Project owners write these: they run on an engine that takes linear time. Java knows a few forms that it does not. */
function fitsExpression(pattern: string, ref: string): RightAnswer {
  if (pattern.includes('&&')) return 'unknown'; // an intersection of classes in Java, two characters elsewhere
  const { RE2JS } = createRequire(import.meta.url)('@bufbuild/re2') as typeof Re2;
  try {
    return known(RE2JS.compile(pattern).matches(ref));
  } catch {
    return 'unknown'; // no expression of this engine
  }
}
