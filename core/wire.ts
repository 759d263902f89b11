/** A value as the HTTP API carries it: every `at` and `…At` (milliseconds since the epoch) becomes RFC 3339 text in UTC. */
export type Wire<T> = T extends readonly (infer U)[]
  ? readonly Wire<U>[]
  : T extends object
    ? { readonly [K in keyof T]: K extends 'at' | `${string}At` ? WireTime<T[K]> : Wire<T[K]> }
    : T;

type WireTime<T> = T extends number ? string : T;

/** Converts for JSON.stringify. Takes plain data only. What a token claims stays as it is: its names are others' to choose. */
export function toWire<T>(value: T): Wire<T> {
  return convert(value) as Wire<T>;
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, fieldOf(key, field)]));
}

function fieldOf(key: string, field: unknown): unknown {
  if (key === 'claims') return field;
  return isTime(key, field) ? new Date(field).toISOString() : convert(field);
}

function isTime(key: string, field: unknown): field is number {
  return (key === 'at' || key.endsWith('At')) && typeof field === 'number';
}
