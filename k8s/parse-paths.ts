/** The patterns of the annotation `headgate.dev/paths`: one per line or between commas; null without any. */
export function parsePaths(annotation: string | undefined): readonly string[] | null {
  if (annotation === undefined) return null;
  const patterns = annotation
    .split(/[,\n]/)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
  return patterns.length > 0 ? patterns : null;
}
