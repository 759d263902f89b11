import { limits } from '#core/limits.ts';

/** JSON as expressions see it: mappings as Maps, so that no key (`__proto__`, `constructor`) means anything, whole numbers as CEL's `int`. */
export type Plain = null | boolean | string | number | bigint | readonly Plain[] | PlainMap;
export type PlainMap = ReadonlyMap<string, Plain>;

/** @returns the mapping, or in words what of it is out of bounds */
export function plainValue(value: object): PlainMap | string {
  try {
    return mapOf(value, 0);
  } catch (error) {
    if (error instanceof OutOfBounds) return error.message;
    throw error;
  }
}

class OutOfBounds extends Error {}

function plainOf(value: unknown, depth: number): Plain {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object') throw new OutOfBounds(`what is no JSON (${typeof value})`);
  if (depth > limits.cel.depth) throw new OutOfBounds(`values nested more than ${limits.cel.depth} deep`);
  if (!Array.isArray(value)) return mapOf(value, depth);
  if (value.length > limits.cel.items) throw new OutOfBounds(`a list of more than ${limits.cel.items} entries`);
  return value.map((entry: unknown) => plainOf(entry, depth + 1));
}

function mapOf(value: object, depth: number): PlainMap {
  const entries = Object.entries(value);
  if (entries.length > limits.cel.items) throw new OutOfBounds(`a mapping of more than ${limits.cel.items} entries`);
  return new Map(entries.map(([key, entry]) => [key, plainOf(entry, depth + 1)]));
}
