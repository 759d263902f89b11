import type { Json } from './gerrit-world.ts';

/** Keys that are data: commit ids, numbers, UUIDs, names of refs, groups, labels, projects and values of labels. */
const data =
  /^([0-9a-f]{40}|\d+|global:.*|[ +-]\d|refs\/.*|.*\/.*|All-Projects|Code-Review|label:.*|GLOBAL_CAPABILITIES|Administrators|Service Users|Blocked Users|[\w]+-[\w-]+|burst|All-Users|headgate|app|webhooks)$/;

/**
 * The shape of a JSON value: keys and types, without the data. Keys that are data become `*`, elements of an array become one shape, and a
 * key that only some of them have gets a `?`.
 */
export function shapeOf(value: Json): Json {
  if (Array.isArray(value)) return value.length === 0 ? [] : [value.map(shapeOf).reduce(merged)];
  if (value === null || typeof value !== 'object') return typeof value;
  const named: Record<string, Json> = {};
  for (const [key, each] of Object.entries<Json>(value)) {
    const shown = data.test(key) ? '*' : key;
    named[shown] = shown in named ? merged(named[shown], shapeOf(each)) : shapeOf(each);
  }
  return sorted(named);
}

/** Two shapes as one. */
export function merged(one: Json, other: Json): Json {
  if (one === undefined) return other;
  if (Array.isArray(one) && Array.isArray(other)) return one.length === 0 ? other : other.length === 0 ? one : [merged(one[0], other[0])];
  if (typeof one !== 'object' || typeof other !== 'object') return one === other ? one : `${one} or ${other}`;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)].map((key) => key.replace(/\?$/, '')));
  const entries = [...keys].map((key): [string, Json] => {
    const [a, b] = [one[key] ?? one[`${key}?`], other[key] ?? other[`${key}?`]];
    const always = key === '*' || (key in one && key in other);
    return [always ? key : `${key}?`, a === undefined ? b : b === undefined ? a : merged(a, b)];
  });
  return sorted(Object.fromEntries(entries));
}

function sorted(shape: Record<string, Json>): Json {
  return Object.fromEntries(Object.entries(shape).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
