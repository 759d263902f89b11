import { z } from 'zod';
import type { Path } from '#config/source-map.ts';

/** The parts of JSON Schema that zod writes and that are needed to walk one. */
export interface JsonSchema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: string | undefined;
  readonly examples?: readonly unknown[] | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: JsonSchema | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
  readonly [key: string]: unknown;
}

/** What a document looks like as written, before defaults and conversions. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-07', unrepresentable: 'any' }) as JsonSchema;
}

/** The keys that the schema knows for the mapping at a path of this value. Of alternatives, those that the value's constants choose. */
export function knownKeys(schema: JsonSchema, value: unknown, path: Path): readonly string[] {
  const [step, ...rest] = path;
  const branches = alternatives(schema).filter((branch) => chosenBy(branch, value));
  if (step === undefined) return [...new Set(branches.flatMap(usableKeys))];
  return branches.flatMap((branch) => {
    const next = typeof step === 'number' ? branch.items : branch.properties?.[String(step)];
    return next === undefined ? [] : knownKeys(next, child(value, step), rest);
  });
}

function usableKeys(schema: JsonSchema): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => (isNever(property) ? [] : [key]));
}

/** True for keys that are there to be refused with words of their own. */
export function isNever(schema: JsonSchema): boolean {
  return typeof schema['not'] === 'object';
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return [schema, ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(alternatives)];
}

/** False when a constant of the branch (`type: github`) contradicts the value. */
function chosenBy(branch: JsonSchema, value: unknown): boolean {
  return Object.entries(branch.properties ?? {}).every(([key, { const: constant }]) => {
    const actual = child(value, key);
    return constant === undefined || actual === undefined || actual === constant;
  });
}

/** The own property of anything at a key; undefined when there is none. */
export function child(value: unknown, step: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
}
