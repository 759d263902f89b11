/** What differs from one run to the next, and the word that stands for it when shown and real output are compared. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d\b/g, '<time>'],
  [/\b([a-z]{2,4})_[0-9A-Za-z-]{6,}/g, '$1_<id>'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/g, '<hex>'],
  [/\b\d+(?:\.\d+)? ?(?:ms|s|m|h|d)(?:\d+(?:ms|s|m))?\b/g, '<span>'],
  [/127\.0\.0\.1:(?!9292|9080|8080|9440)\d+/g, '127.0.0.1:<port>'],
  [/[ \t]+/g, ' '],
];

/** A line with everything masked that differs from one run to the next; widths of columns do not count either. */
export function masked(line: string): string {
  return masks.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), line).trimEnd();
}

/**
 * Compares what a page shows with what came. Every line must be there, in order; `…` in a line stands for anything, a line of
 * nothing else for any lines.
 * @param open whether more may follow, as while a program goes on
 * @returns what is missing, or undefined
 */
export function outputFault(shown: string, real: string, open = false): string | undefined {
  const expected = linesOf(shown);
  const lines = linesOf(real);
  let at = 0;
  let anywhere = false;
  for (const line of expected) {
    if (line === '…') {
      anywhere = true;
      continue;
    }
    const found = lines.findIndex((each, index) => index >= at && (anywhere || index === at) && lineFits(line, each));
    if (found === -1) return `not in the output${anywhere ? '' : ` at line ${at + 1}`}: ${line}`;
    at = found + 1;
    anywhere = false;
  }
  return open || anywhere || at >= lines.length ? undefined : `more in the output than is shown: ${lines[at]}`;
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map(masked)
    .filter((line) => line !== '');
}

function lineFits(shown: string, real: string): boolean {
  const parts = shown.split('…');
  if (parts.length === 1) return shown === real;
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === parts.length - 1 ? real.length - part.length : real.indexOf(part, at);
    if (found < at || (index === 0 && found !== 0) || !real.startsWith(part, found)) return false;
    at = found + part.length;
  }
  return true;
}
