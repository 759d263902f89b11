/** Control characters and text-direction overrides. */
const unprintable = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from elsewhere on one line of a message. Gerrit renders messages as Markdown: what would make a link with words of its own
 * is taken apart, for Headgate's name stands above it.
 * @param most UTF-16 code units
 */
export function plainText(text: string, most: number): string {
  const line = text
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(unprintable, '\ufffd')
    .replaceAll(/\](?=[([])/gu, '] ')
    .replaceAll('<', '‹')
    .trim();
  return cutText(line, most);
}

/**
 * At most so many UTF-16 code units, which is how Gerrit counts (`String.length()` of Java): never half of a character, and with an
 * ellipsis in place of what is left out.
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = most - 1;
  const isSplit = /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return `${text.slice(0, isSplit ? end - 1 : end)}…`;
}
