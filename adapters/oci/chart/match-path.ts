/** One piece of a pattern: a run of anything but slashes, or what one character has to be. */
type Piece = 'run' | ((character: string) => boolean);

/**
 * Compiles a pattern as Go's filepath.Match reads it on Unix (path/filepath/match.go): `*` and `?` stop at slashes, `[a-z]` and `[^a-z]` are sets, `\` takes
 * the next character as it is. @throws Error when Go would find it malformed
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const pieces = piecesOf(Array.from(pattern));
  return (path) => matches(pieces, Array.from(path));
}

function piecesOf(pattern: readonly string[]): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '*') pieces.push('run');
    else if (character === '?') pieces.push((one) => one !== '/');
    else if (character === '[') {
      const { piece, end } = setOf(pattern, at + 1);
      pieces.push(piece);
      at = end;
    } else {
      const literal = character === '\\' ? pattern[++at] : character;
      if (literal === undefined) throw malformed(pattern);
      pieces.push((one) => one === literal);
    }
  }
  return pieces;
}

/** From after the opening bracket. */
function setOf(pattern: readonly string[], begin: number): { readonly piece: Piece; readonly end: number } {
  const negated = pattern[begin] === '^';
  const ranges: (readonly [low: string, high: string])[] = [];
  let at = negated ? begin + 1 : begin;
  const next = (): string => {
    const plain = pattern[at++];
    const character = plain === '\\' ? pattern[at++] : plain;
    if (character === undefined || plain === '-' || plain === ']') throw malformed(pattern);
    return character;
  };
  while (pattern[at] !== ']' || ranges.length === 0) {
    const low = next();
    if (pattern[at] === '-') at++;
    else {
      ranges.push([low, low]);
      continue;
    }
    ranges.push([low, next()]);
  }
  // Go compares code points, and a negated set may take a slash too.
  const piece = (one: string): boolean =>
    ranges.some(([low, high]) => codeOf(low) <= codeOf(one) && codeOf(one) <= codeOf(high)) !== negated;
  return { piece, end: at };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function malformed(pattern: readonly string[]): Error {
  return new Error(`syntax error in pattern ${JSON.stringify(pattern.join(''))}`);
}

/** Steps back to the last `*` only: what an earlier one could take, the last one could as well. */
function matches(pieces: readonly Piece[], path: readonly string[]): boolean {
  let piece = 0;
  let run: { readonly after: number; at: number } | undefined;
  for (let at = 0; at < path.length || piece < pieces.length; ) {
    const wanted = pieces[piece];
    const character = path[at];
    if (wanted === 'run') run = { after: ++piece, at };
    else if (wanted !== undefined && character !== undefined && wanted(character)) [piece, at] = [piece + 1, at + 1];
    else if (run !== undefined && run.at < path.length && path[run.at] !== '/') {
      run.at += 1;
      [piece, at] = [run.after, run.at];
    } else return false;
  }
  return true;
}
