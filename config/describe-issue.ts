import type { z } from 'zod';
import { nearest } from '#config/nearest.ts';
import { child, knownKeys, type JsonSchema } from '#config/schema-keys.ts';
import type { Path } from '#config/source-map.ts';

/** A problem of a value, placed by path. */
export interface Finding {
  readonly path: Path;
  /** Whether the key or the value of that path is to be pointed at. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint: string | null;
}

export interface IssueContext {
  /** Asked for only when a key is unknown: making it takes a while. */
  readonly schema: () => JsonSchema;
  /** The value that was parsed. */
  readonly input: unknown;
  /** Keys that a later version knows, as `spec.identity` (list positions left out), with what to do meanwhile. */
  readonly later: Readonly<Record<string, string>>;
}

type Issue = z.core.$ZodIssue;

/** Message of issues whose schema has none of its own; give it to the parse as its error map: `{ error: () => OWN_WORDS }`. */
export const OWN_WORDS = '\u0000';

/** Says what a schema found wrong in words for the author of the file. */
export function describeIssue(issue: Issue, context: IssueContext): readonly Finding[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, context));
  const value = issue.path.reduce<unknown>(child, context.input);
  const specific = issue.message !== OWN_WORDS;
  if (value === undefined && !specific) return [missing(issue)];
  if (specific) return [{ path: issue.path, at: 'value', message: `\`${namePath(issue.path)}\`: ${issue.message}`, hint: hintOf(issue) }];
  return [{ path: issue.path, at: 'value', ...explain(issue, value) }];
}

function unknownKey(path: Path, key: string, context: IssueContext): Finding {
  const full = [...path, key];
  const later = context.later[namePath(full.filter((step) => typeof step !== 'number'))];
  if (later !== undefined) {
    return { path: full, at: 'key', message: `this version does not know \`${key}\` yet`, hint: later };
  }
  const known = knownKeys(context.schema(), context.input, path);
  return { path: full, at: 'key', message: `unknown key \`${key}\``, hint: suggestion(key, known, 'known here') };
}

function missing(issue: Issue): Finding {
  const key = String(issue.path.at(-1) ?? 'document');
  return { path: issue.path, at: 'key', message: `\`${key}\` is missing`, hint: choices(issue) };
}

function choices(issue: Issue): string | null {
  if (issue.code === 'invalid_value') return `one of: ${issue.values.join(', ')}`;
  if (issue.code === 'invalid_union' && 'options' in issue) return `one of: ${issue.options?.join(', ')}`;
  return issue.code === 'invalid_type' ? `${kindName(issue.expected)} is needed here` : null;
}

function explain(issue: Issue, value: unknown): { readonly message: string; readonly hint: string | null } {
  switch (issue.code) {
    case 'invalid_type':
      return {
        message: `\`${namePath(issue.path)}\` must be ${kindName(issue.expected)}, not ${kindOf(value)}`,
        hint: typeHint(issue, value),
      };
    case 'invalid_value':
      return notOneOf(issue.path, value, issue.values.map(String));
    case 'invalid_union':
      return notOneOf(issue.path, value, 'options' in issue ? (issue.options ?? []).map(String) : []);
    case 'too_small':
      return { message: `\`${namePath(issue.path)}\` ${tooSmall(issue.origin, issue.minimum)}`, hint: null };
    case 'too_big':
      return { message: `\`${namePath(issue.path)}\` is longer or larger than ${issue.maximum}`, hint: null };
    default:
      return { message: `\`${namePath(issue.path)}\` cannot be ${kindOf(value)}`, hint: null };
  }
}

function notOneOf(path: Path, value: unknown, options: readonly string[]): { readonly message: string; readonly hint: string | null } {
  const shown = typeof value === 'string' ? `\`${value}\`` : kindOf(value);
  return { message: `\`${namePath(path)}\` cannot be ${shown}`, hint: suggestion(String(value), options, 'one of') };
}

function tooSmall(origin: string, minimum: number | bigint): string {
  if (origin === 'array') return minimum === 1 ? 'needs at least one entry' : `needs at least ${minimum} entries`;
  if (origin === 'string') return minimum === 1 ? 'is empty' : `is shorter than ${minimum} characters`;
  return `is less than ${minimum}`;
}

function suggestion(word: string, candidates: readonly string[], label: string): string | null {
  const close = nearest(word, candidates);
  if (close !== undefined) return `did you mean \`${close}\`?`;
  return candidates.length === 0 ? null : `${label}: ${candidates.join(', ')}`;
}

function typeHint(issue: z.core.$ZodIssueInvalidType, value: unknown): string | null {
  if (issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return 'put it in quotes';
  if (issue.expected === 'boolean') return 'write true or false without quotes';
  if (issue.expected === 'array' && value !== null) return 'write it as a list: [ … ] or lines that begin with `-`';
  return null;
}

function hintOf(issue: Issue): string | null {
  const hint = issue.code === 'custom' ? child(issue.params, 'hint') : undefined;
  return typeof hint === 'string' ? hint : null;
}

const kindNames: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'empty',
};

function kindName(kind: string): string {
  return kindNames[kind] ?? kind;
}

function kindOf(value: unknown): string {
  return kindName(value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
}

/** `spec.sources[0].name` */
function namePath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`),
    '',
  );
}
