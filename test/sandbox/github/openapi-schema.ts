import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { components } from '@octokit/openapi-types';
import { parseSync, type TSType, type TSTypeLiteral } from 'oxc-parser';

export type SchemaName = keyof components['schemas'];

/** Kind of type → what `typeof` says, and `null`. */
const PRIMITIVES: ReadonlyMap<string, string> = new Map([
  ['TSStringKeyword', 'string'],
  ['TSNumberKeyword', 'number'],
  ['TSBigIntKeyword', 'bigint'],
  ['TSBooleanKeyword', 'boolean'],
  ['TSNullKeyword', 'null'],
  ['TSUndefinedKeyword', 'undefined'],
]);

/**
 * Checks values against GitHub's published types. A type is gone when the program runs,
 * so `types.d.ts` of @octokit/openapi-types is read as what it is: a description of all answers.
 */
export class OpenapiSchemas {
  readonly #schemas: ReadonlyMap<string, TSType>;

  constructor() {
    const file = createRequire(import.meta.url).resolve('@octokit/openapi-types/types.d.ts');
    this.#schemas = new Map(members(schemasOf(file)));
  }

  /** What is wrong with a value, as `path: complaint`; none = it is assignable to the type. */
  complaints(name: SchemaName, value: unknown): readonly string[] {
    return this.#check(this.#schema(name), value, name);
  }

  #schema(name: string): TSType {
    const schema = this.#schemas.get(name);
    if (schema === undefined) throw new Error(`@octokit/openapi-types has no schema ${name}`);
    return schema;
  }

  #check(type: TSType, value: unknown, path: string): readonly string[] {
    const primitive = PRIMITIVES.get(type.type);
    if (primitive !== undefined) return wants((value === null ? 'null' : typeof value) === primitive, path, primitive, value);
    switch (type.type) {
      case 'TSUnknownKeyword':
        return [];
      case 'TSLiteralType':
        return wants('value' in type.literal && type.literal.value === value, path, 'another literal', value);
      case 'TSParenthesizedType':
        return this.#check(type.typeAnnotation, value, path);
      case 'TSUnionType':
        return this.#union(type.types, value, path);
      case 'TSArrayType':
        if (!Array.isArray(value)) return wants(false, path, 'array', value);
        return value.flatMap((each, index) => this.#check(type.elementType, each, `${path}[${index}]`));
      case 'TSTypeLiteral':
        return this.#object(type, value, path);
      case 'TSIndexedAccessType':
        return this.#check(this.#schema(literalOf(type.indexType)), value, path);
      case 'TSTypeReference': // the one that occurs is Record<string, never>
        return wants(typeof value === 'object' && value !== null && Object.keys(value).length === 0, path, 'empty object', value);
      default:
        throw new Error(`${path}: ${type.type} is not known here`);
    }
  }

  #union(types: readonly TSType[], value: unknown, path: string): readonly string[] {
    const all = types.map((type) => this.#check(type, value, path));
    return all.some((complaints) => complaints.length === 0) ? [] : all.reduce((a, b) => (b.length > a.length ? b : a));
  }

  #object(type: TSTypeLiteral, value: unknown, path: string): readonly string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wants(false, path, 'object', value);
    const fields = new Map(Object.entries(value));
    return type.members.flatMap((member) => {
      if (member.type !== 'TSPropertySignature' || member.typeAnnotation === null) return [];
      const name = nameOf(member.key);
      if (!fields.has(name)) return member.optional ? [] : [`${path}.${name}: is missing`];
      return this.#check(member.typeAnnotation.typeAnnotation, fields.get(name), `${path}.${name}`);
    });
  }
}

function schemasOf(file: string): TSTypeLiteral {
  const { program, errors } = parseSync(file, readFileSync(file, 'utf8'));
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : null;
    if (declaration?.type !== 'TSInterfaceDeclaration' || declaration.id.name !== 'components') continue;
    const schemas = new Map(members(declaration.body.body)).get('schemas');
    if (schemas?.type === 'TSTypeLiteral') return schemas;
  }
  throw new Error(`${file} has no components.schemas`);
}

function members(from: TSTypeLiteral | TSTypeLiteral['members']): [string, TSType][] {
  return ('members' in from ? from.members : from).flatMap((member): [string, TSType][] =>
    member.type === 'TSPropertySignature' && member.typeAnnotation !== null
      ? [[nameOf(member.key), member.typeAnnotation.typeAnnotation]]
      : [],
  );
}

function nameOf(key: object): string {
  if ('name' in key && typeof key.name === 'string') return key.name;
  if ('value' in key && typeof key.value === 'string') return key.value;
  throw new Error('a computed property');
}

/** `"simple-user"` in `components["schemas"]["simple-user"]`. */
function literalOf(type: TSType): string {
  if (type.type === 'TSLiteralType' && 'value' in type.literal && typeof type.literal.value === 'string') return type.literal.value;
  throw new Error('an index that is no literal');
}

function wants(holds: boolean, path: string, wanted: string, value: unknown): readonly string[] {
  return holds ? [] : [`${path}: ${wanted} is wanted, not ${JSON.stringify(value)?.slice(0, 80)}`];
}
