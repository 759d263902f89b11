import { limits } from '#core/limits.ts';

/** What a registry asks for with a 401. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** Lower-case name → value. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A parameter, or the name of a scheme, and the comma before it (RFC 9110, 11.2 and 11.6.1). */
const PIECE = /\s*(?:,\s*)*(?:([\w.~+-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)(?=\s|,|$))/y;

/** Reads a `WWW-Authenticate` header, several of which may have been joined by commas. What cannot be read ends it. */
export function challengesOf(header: string): readonly Challenge[] {
  if (header.length > limits.registry.challengeChars) return [];
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  PIECE.lastIndex = 0;
  for (let piece = PIECE.exec(header); piece !== null; piece = PIECE.exec(header)) {
    const [, name, quoted, plain, scheme] = piece;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) found.at(-1)?.parameters.set(name.toLowerCase(), plain ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '');
  }
  return found;
}
