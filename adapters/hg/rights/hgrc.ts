/** One section, mostly `[web]`, as files say one after the other. */
export interface WebSettings {
  /** By name; what was unset is not there. */
  readonly values: ReadonlyMap<string, string>;
  /** What was not followed; null where everything was. */
  readonly unread: string | null;
}

export const noSettings: WebSettings = { values: new Map(), unread: null };

/** A list, or in words why it cannot be told. */
export type Named = { readonly names: readonly string[] } | { readonly unknown: string };

const section = /^\[([^[]+)\]/;
const item = /^([^=\s][^=]*?)\s*=\s*([^]*)$/;
const unset = /^%unset\s+(\S+)/;

/** Reads one file on top of those before it, as Mercurial does (config.py, `config.parse`); `%include` is not followed. */
export function readHgrc(before: WebSettings, text: string, wanted = 'web'): WebSettings {
  const values = new Map(before.values);
  const lines = unfolded(text);
  let within = '';
  for (const line of lines) {
    within = section.exec(line)?.[1] ?? within;
    if (within === wanted && !section.test(line)) apply(values, line);
  }
  return { values, unread: before.unread ?? lines.find((line) => line.startsWith('%include')) ?? null };
}

/** Lines without comments; what is indented goes on with the line above. */
function unfolded(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    if (/^\s*(?:[;#]|$)/.test(line)) continue;
    const above = /^\s/.test(line) ? lines.pop() : undefined;
    lines.push(above === undefined ? line.trim() : `${above}\n${line.trim()}`);
  }
  return lines;
}

function apply(values: Map<string, string>, line: string): void {
  const removed = unset.exec(line)?.[1];
  if (removed !== undefined) values.delete(removed);
  if (line.startsWith('%')) return;
  const [, name, value] = item.exec(line) ?? [];
  if (name !== undefined && value !== undefined) values.set(name, value.trim());
}

/** A list of names (stringutil.py, `parselist`) under one of its spellings; empty where there is none. Quotes are not taken apart. */
export function namedIn({ values, unread }: WebSettings, ...spellings: readonly string[]): Named {
  if (unread !== null) return { unknown: `${JSON.stringify(unread)} is not followed` };
  const said = spellings.filter((name) => values.has(name));
  const [name] = said;
  if (name === undefined) return { names: [] };
  if (said.length > 1) return { unknown: `web.${said.join(' and web.')} are both set` };
  const value = values.get(name) ?? '';
  if (/["\\]/.test(value)) return { unknown: `quotes of web.${name} are not taken apart` };
  return { names: value.split(/[\s,]+/).filter((each) => each !== '') };
}
