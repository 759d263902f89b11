import canonicalize from 'canonicalize';

/** Canonical JSON (RFC 8785). It knows no lone surrogates, but a name in a payload may hold one: it becomes U+FFFD. */
export function canonicalJson(value: unknown): string {
  try {
    return serialize(value);
  } catch {
    return serialize(wellFormed(value));
  }
}

/**
 * Where `JSON.stringify` of ordered fields may not be canonical: a lone surrogate as it escapes one, and a name that is a number, which
 * objects list before all others. Text that looks like the first goes to the library as well, which does no harm.
 */
const doubtful = /\\ud|[{,]"\d+":/;

/**
 * The same for plain JSON whose fields are in order of their names everywhere (sortedFields): then what `JSON.stringify` writes is
 * canonical, because RFC 8785 takes numbers and strings from ECMAScript (§3.2.2). It takes a third of the library's time.
 */
export function orderedJson(value: object): string {
  const text = JSON.stringify(value);
  return doubtful.test(text) ? canonicalJson(value) : text;
}

type Fields = Readonly<Record<string, unknown>>;

/** A copy of plain JSON with the fields of every object in order. */
export function sortedFields(fields: Fields): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(fields).sort()) copy[name] = sorted(fields[name]);
  return copy;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? sortedItems(value) : sortedFields(value as Fields);
}

/** Nearly every list holds texts alone. */
function sortedItems(items: readonly unknown[]): readonly unknown[] {
  return items.some((item) => typeof item === 'object') ? items.map(sorted) : items;
}

function serialize(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('only JSON can be put on record');
  return text;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), wellFormed(field)]));
}
