/**
 * A piece of HTML. Made by the `html` tag alone, so that text from outside cannot become markup by being put where
 * markup is expected.
 */
export class Html {
  readonly #text: string;

  /** Use the `html` tag. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may be put into a template: text and numbers are escaped, nothing stands for nothing, lists are joined. */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

/**
 * Builds HTML from a template. What is put in is escaped for element content and for quoted attribute values,
 * which are the only places where it may stand: attributes must be quoted.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.reduce((done, string, index) => `${done}${write(parts[index - 1])}${string}`);
  return new Html(text);
}

function write(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.toString();
  if (typeof part === 'object') return part.map(write).join(''); // what is no list has no map, and throws
  return escapeText(String(part));
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Control characters but tab and line breaks, and text-direction overrides: a ref's name must not rearrange what is beside it. */
const unprintable = /[^\P{Cc}\t\n\r]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(unprintable, '\ufffd')
    .replaceAll(/[&<>"']/g, (char) => entities[char] ?? '');
}
