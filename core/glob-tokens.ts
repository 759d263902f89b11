import { HeadgateError } from '#core/errors.ts';

/** One step of a pattern; glob.ts says what each accepts. */
export type GlobToken =
  | { readonly kind: 'literal'; readonly char: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly CharRange[] }
  /** `*` */
  | { readonly kind: 'within' }
  /** `**` */
  | { readonly kind: 'across' }
  /** A `**` segment with its slash: no segment, or any number of them. */
  | { readonly kind: 'segments' };

export interface CharRange {
  readonly from: string;
  readonly to: string;
}

interface Step {
  readonly token: GlobToken;
  /** Index of the character behind it. */
  readonly next: number;
}

/**
 * Reads a pattern. What people may mean as alternation or negation is refused rather than taken literally.
 * @throws HeadgateError CONFIG_INVALID with the position, counted in characters from 1
 */
export function parseGlob(pattern: string): readonly GlobToken[] {
  const chars = Array.from(pattern);
  if (chars.length === 0) throw new HeadgateError('CONFIG_INVALID', 'the pattern is empty');
  if (chars[0] === '!') fail(0, 'a leading `!` does not negate here; write `\\!` for the character itself');
  const tokens: GlobToken[] = [];
  for (let at = 0; at < chars.length; ) {
    const step = readToken(chars, at);
    append(tokens, step.token);
    at = step.next;
  }
  return tokens;
}

/** Two neighbours that mean the same as one are merged, so that few positions in a row need no character. */
function append(tokens: GlobToken[], token: GlobToken): void {
  if (tokens.at(-1)?.kind === 'segments' && (token.kind === 'segments' || token.kind === 'across')) tokens.pop();
  tokens.push(token);
}

function readToken(chars: readonly string[], at: number): Step {
  const char = chars[at] ?? '';
  if (char === '*') return readStars(chars, at);
  if (char === '?') return { token: { kind: 'one' }, next: at + 1 };
  if (char === '[') return readClass(chars, at);
  if (char === '\\') return { token: literal(chars, at + 1), next: at + 2 };
  if (char === '{' || char === '}') fail(at, `\`${char}\` is no alternation here; write one pattern for each, or \`\\${char}\``);
  return { token: literal(chars, at), next: at + 1 };
}

function literal(chars: readonly string[], at: number): GlobToken {
  const char = chars[at];
  if (char === undefined) return fail(at - 1, 'a `\\` at the end escapes nothing');
  if (char < ' ' || char === '\u007f') return fail(at, 'control characters are refused');
  return { kind: 'literal', char };
}

function readStars(chars: readonly string[], at: number): Step {
  if (chars[at + 1] !== '*') return { token: { kind: 'within' }, next: at + 1 };
  if (chars[at + 2] === '*') fail(at + 2, '`***` means nothing; write `*` or `**`');
  const wholeSegment = (at === 0 || chars[at - 1] === '/') && chars[at + 2] === '/';
  return wholeSegment ? { token: { kind: 'segments' }, next: at + 3 } : { token: { kind: 'across' }, next: at + 2 };
}

function readClass(chars: readonly string[], open: number): Step {
  const negated = chars[open + 1] === '!' || chars[open + 1] === '^';
  const ranges: CharRange[] = [];
  let at = open + (negated ? 2 : 1);
  while (chars[at] !== ']') {
    const { range, next } = readRange(chars, at, open);
    ranges.push(range);
    at = next;
  }
  if (ranges.length === 0) fail(open, 'an empty character class matches nothing');
  return { token: { kind: 'class', negated, ranges }, next: at + 1 };
}

function readRange(chars: readonly string[], at: number, open: number): { readonly range: CharRange; readonly next: number } {
  const from = readMember(chars, at, open);
  if (chars[from.next] !== '-' || chars[from.next + 1] === ']') return { range: { from: from.char, to: from.char }, next: from.next };
  const to = readMember(chars, from.next + 1, open);
  if (to.char < from.char) fail(at, `the range ${from.char}-${to.char} runs backwards`);
  return { range: { from: from.char, to: to.char }, next: to.next };
}

function readMember(chars: readonly string[], at: number, open: number): { readonly char: string; readonly next: number } {
  const escaped = chars[at] === '\\' ? at + 1 : at;
  const char = chars[escaped];
  if (char === undefined) return fail(open, 'the character class has no end; write `\\[` for the character itself');
  if (char === '/') return fail(escaped, 'a character class never matches `/`');
  return { char, next: escaped + 1 };
}

function fail(at: number, message: string): never {
  throw new HeadgateError('CONFIG_INVALID', `character ${at + 1}: ${message}`);
}
