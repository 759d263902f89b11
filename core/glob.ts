import { HeadgateError } from '#core/errors.ts';
import { parseGlob, type GlobToken } from '#core/glob-tokens.ts';
import { limits } from '#core/limits.ts';

/**
 * A compiled pattern over names with `/` between segments, anchored at both ends:
 * `*` any characters within a segment, `?` one of them, `[a-z]` and `[!a-z]` one of a class (never `/`),
 * `**` any characters at all, a segment of `**` also none (`a/**\/b` matches `a/b`), `\` takes the next character literally.
 */
export interface Glob {
  readonly pattern: string;
  /**
   * A subject longer than `limits.glob.subjectChars` matches nothing.
   * @param caseSensitive default true
   */
  matches(subject: string, caseSensitive?: boolean): boolean;
}

/**
 * Compiles a pattern once. Matching takes at most (pattern length × subject length) steps, whatever the pattern:
 * backtracking matchers take minutes for `*a*a*a*b` against a name that an attacker chose.
 * @throws HeadgateError CONFIG_INVALID naming the position of what is wrong
 */
export function compileGlob(pattern: string): Glob {
  if (pattern.length > limits.glob.patternChars) {
    throw new HeadgateError('CONFIG_INVALID', `the pattern is longer than ${limits.glob.patternChars} characters`);
  }
  const tokens = parseGlob(pattern);
  const name = literalOf(tokens);
  return {
    pattern,
    matches(subject, caseSensitive = true) {
      if (name !== undefined && caseSensitive) return subject === name;
      return subject.length <= limits.glob.subjectChars && simulate(tokens, subject, caseSensitive).matched;
    },
  };
}

/** The only subject that a pattern without wildcards matches. Most patterns of policies are such, and comparing is much faster. */
function literalOf(tokens: readonly GlobToken[]): string | undefined {
  const chars = tokens.flatMap((token) => (token.kind === 'literal' ? [token.char] : []));
  return chars.length === tokens.length ? chars.join('') : undefined;
}

/**
 * Runs the pattern as a state machine: all positions of the pattern that the subject read so far can have reached.
 * Answers the number of positions visited too, so that the bound can be tested.
 */
export function simulate(
  tokens: readonly GlobToken[],
  subject: string,
  caseSensitive = true,
): { readonly matched: boolean; readonly steps: number } {
  let reached = new Set<number>();
  let steps = 0;
  enter(tokens, reached, 0);
  for (const char of subject) {
    const next = new Set<number>();
    for (const position of reached) {
      steps++;
      advance(tokens, position, char, caseSensitive, next);
    }
    if (next.size === 0) return { matched: false, steps };
    reached = next;
  }
  return { matched: reached.has(tokens.length), steps };
}

/** Reaches a position, and those behind it that need no character. parseGlob leaves at most two such in a row. */
function enter(tokens: readonly GlobToken[], reached: Set<number>, position: number): void {
  reached.add(position);
  const kind = tokens[position]?.kind;
  if (kind === 'within' || kind === 'across' || kind === 'segments') enter(tokens, reached, position + 1);
}

function advance(tokens: readonly GlobToken[], position: number, char: string, caseSensitive: boolean, next: Set<number>): void {
  const token = tokens[position];
  if (token === undefined) return; // the end of the pattern accepts nothing more
  switch (token.kind) {
    case 'across':
      return enter(tokens, next, position);
    case 'within':
      return char === '/' ? undefined : enter(tokens, next, position);
    case 'segments':
      next.add(position);
      return char === '/' ? enter(tokens, next, position + 1) : undefined;
    default:
      if (accepts(token, char, caseSensitive)) enter(tokens, next, position + 1);
  }
}

type SingleToken = Extract<GlobToken, { kind: 'literal' | 'one' | 'class' }>;

function accepts(token: SingleToken, char: string, caseSensitive: boolean): boolean {
  if (token.kind === 'one') return char !== '/';
  if (token.kind === 'literal') return caseSensitive ? token.char === char : fold(token.char) === fold(char);
  if (char === '/') return false;
  const forms = caseSensitive ? [char] : [char, char.toLowerCase(), char.toUpperCase()];
  return forms.some((form) => inClass(token, form)) !== token.negated;
}

function fold(char: string): string {
  return char.toUpperCase().toLowerCase();
}

function inClass(token: Extract<GlobToken, { kind: 'class' }>, char: string): boolean {
  return token.ranges.some(({ from, to }) => from <= char && char <= to);
}
