import { isNever, type JsonSchema } from '#config/schema-keys.ts';
import { table } from './markdown.ts';

/** A table of every field of a schema, by dotted path; `[]` stands for each entry of a list. */
export function fieldTable(schema: JsonSchema): string {
  return table(['Field', 'Type', 'Default', 'Meaning'], fieldRows(schema, ''));
}

/** One row for each field, parents before their children. Of alternatives each has its own rows. */
export function fieldRows(schema: JsonSchema, prefix: string): readonly (readonly string[])[] {
  const properties = Object.entries(schema.properties ?? {}).filter(([, field]) => !isNever(field));
  return properties.flatMap(([key, field]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const required = schema.required?.includes(key) ?? false;
    const row = [`\`${path}\``, typeOf(field), defaultOf(field, required), meaningOf(field)];
    return [row, ...childRows(field, path)];
  });
}

function childRows(field: JsonSchema, path: string): readonly (readonly string[])[] {
  if (field.items === undefined) return fieldRows(field, path);
  const item = `${path}[]`;
  const kinds = (field.items.oneOf ?? field.items.anyOf ?? []).filter(({ properties }) => properties !== undefined);
  if (kinds.length === 0) return fieldRows(field.items, item);
  return kinds.flatMap((kind) => fieldRows(kind, item));
}

function typeOf(field: JsonSchema): string {
  if (field.const !== undefined) return code(field.const);
  if (field.enum !== undefined) return field.enum.map(code).join(', ');
  if (field.type === 'array') return field.items?.type === 'string' ? 'list of text' : 'list';
  return (
    { object: 'mapping', string: 'text', boolean: 'true or false', integer: 'whole number', number: 'number' }[field.type ?? ''] ?? 'any'
  );
}

function defaultOf(field: JsonSchema, required: boolean): string {
  if (required) return '**required**';
  const value = field.default;
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.length === 0 ? '`[]`' : value.map(code).join(', ');
  if (typeof value === 'object') return '';
  return code(value);
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function meaningOf(field: JsonSchema): string {
  return field.description ?? '';
}
