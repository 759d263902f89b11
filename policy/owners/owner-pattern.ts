import type { GlobToken } from '#core/glob-tokens.ts';
import { limits } from '#core/limits.ts';

/*
 * Patterns of CODEOWNERS as GitHub documents them ("About code owners", "CODEOWNERS syntax"): those of gitignore(5), except that
 * `[ ]` and a leading `!` or `\#` do not work, and that `docs/*` does not reach files in folders of `docs`.
 */

/** A pattern, ready to be compared. */
export interface OwnerPattern {
  /** For core/glob.ts. */
  readonly steps: readonly GlobToken[];
  /** It is compared with paths behind which a slash is put: then a file is what a folder of this name holds, too. */
  readonly isFileOrFolder: boolean;
  /** Its longest part without wildcards: a path without it cannot fit, and most need not be looked at any closer. */
  readonly part: string;
}

/** Reads a pattern, or says in words why there is none. */
export function readOwnerPattern(pattern: string): OwnerPattern | { readonly problem: string } {
  const problem = problemOf(pattern);
  if (problem !== null) return { problem };
  const isRooted = /\/./.test(pattern) || pattern.startsWith('/');
  const segments = pattern.split('/').filter((segment) => segment !== '');
  const isFolder = pattern.endsWith('/');
  const isFileOrFolder = !isFolder && segments.at(-1) !== '*' && segments.at(-1) !== '**';
  const below = isFolder || isFileOrFolder ? [slash, anything] : [];
  const steps = [...(isRooted ? [] : [anyFolders]), ...segments.flatMap(segmentSteps), ...below].filter(isNeeded);
  return { steps, isFileOrFolder, part: longestPart(steps) };
}

function longestPart(steps: readonly GlobToken[]): string {
  const parts = [''];
  for (const step of steps) {
    if (step.kind === 'literal') parts[parts.length - 1] += step.char;
    else parts.push('');
  }
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

const anyFolders: GlobToken = { kind: 'segments' };
const anything: GlobToken = { kind: 'across' };
const slash: GlobToken = { kind: 'literal', char: '/' };

function problemOf(pattern: string): string | null {
  if (pattern.length > limits.owners.patternChars) return `the pattern is longer than ${limits.owners.patternChars} characters`;
  if (pattern.startsWith('!')) return 'a pattern cannot be negated by `!`';
  if (pattern.startsWith('\\#')) return 'a pattern cannot begin with an escaped `#`';
  if (/[[\]]/.test(pattern)) return 'a pattern cannot have a range of characters in `[ ]`';
  if (pattern.includes('***')) return 'three asterisks in a row mean nothing';
  if (pattern === '/' || pattern.includes('//')) return 'the pattern has an empty segment';
  return /^(?:[^\\]|\\[^/])*$/.test(pattern) ? null : 'a `\\` of the pattern escapes nothing';
}

/** `**` as a whole segment stands for any folders, also none. Inside of a segment it is no more than `*`. */
function segmentSteps(segment: string, index: number, all: readonly string[]): readonly GlobToken[] {
  const isLast = index === all.length - 1;
  if (segment === '**') return [isLast ? anything : anyFolders];
  return isLast ? charSteps(segment) : [...charSteps(segment), slash];
}

function charSteps(segment: string): readonly GlobToken[] {
  const steps: GlobToken[] = [];
  const chars = Array.from(segment);
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '\\') steps.push({ kind: 'literal', char: chars[++at] ?? '' });
    else steps.push(charStep(char));
  }
  return steps;
}

function charStep(char: string): GlobToken {
  if (char === '*') return { kind: 'within' };
  return char === '?' ? { kind: 'one' } : { kind: 'literal', char };
}

/** Steps that need no character are merged with the one behind them that takes as much: core/glob.ts expects few of them in a row. */
function isNeeded({ kind }: GlobToken, index: number, all: readonly GlobToken[]): boolean {
  const next = all[index + 1]?.kind;
  if (kind === 'segments') return next !== 'segments' && next !== 'across';
  return kind !== 'within' || next !== 'within';
}
