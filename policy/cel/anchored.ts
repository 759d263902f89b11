/**
 * Whether a regular expression (RE2) can only match a whole text: it begins with `^`, ends with `$`, and no alternative outside
 * of brackets escapes the two. Groups with flags are not read: `(?m)` would make both mean lines.
 */
export function isAnchored(pattern: string): boolean {
  const plain = pattern.replaceAll(/\\[^]/g, 'x').replaceAll(/\[\^?\]?[^\]]*\]/g, 'x');
  if (!plain.startsWith('^') || !plain.endsWith('$') || pattern.includes('\\Q')) return false;
  return !/\(\?(?!:)/.test(plain) && !hasOuterAlternative(plain);
}

function hasOuterAlternative(plain: string): boolean {
  let depth = 0;
  for (const char of plain) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char === '|' && depth <= 0) return true;
  }
  return false;
}
