import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { limits } from '#core/limits.ts';
import { strictSchema, withoutNulls, type Schema } from './strict-schema.ts';

/** The schemas of one group and version, as an API server publishes them at `/openapi/v3/…` (OpenAPI 3.0 with the extensions of Kubernetes). */
export class SchemaSet {
  readonly #ajv: Ajv;
  /** Kind → name of its schema. */
  readonly #kinds: ReadonlyMap<string, string>;
  readonly #validators = new Map<string, ValidateFunction>();

  /**
   * @param document parsed
   * @param groupVersion `apps/v1`, `v1`
   */
  constructor(document: unknown, groupVersion: string) {
    const schemas = schemasOf(document);
    this.#kinds = kindsOf(schemas, groupVersion);
    this.#ajv = new Ajv({
      strict: false,
      validateFormats: false,
      allErrors: true,
      verbose: true,
      addUsedSchema: false,
      validateSchema: false,
    });
    this.#ajv.addSchema({ $id: 'kubernetes', components: { schemas: closed(schemas) } });
  }

  /** Why an object does not fit, a line for each; empty when it does; undefined for a kind that is not among them. */
  misfits(kind: string, object: unknown): readonly string[] | undefined {
    const validate = this.#validatorOf(kind);
    if (!validate) return undefined;
    if (validate(withoutNulls(object)) === true) return [];
    return [...new Set((validate.errors ?? []).filter(isTold).map(sayError))].slice(0, limits.preflight.misfits);
  }

  #validatorOf(kind: string): ValidateFunction | undefined {
    const known = this.#validators.get(kind);
    if (known) return known;
    const name = this.#kinds.get(kind);
    const made = name === undefined ? undefined : this.#ajv.getSchema(`kubernetes#/components/schemas/${encodeURIComponent(name)}`);
    if (made) this.#validators.set(kind, made);
    return made;
  }
}

function schemasOf(document: unknown): Readonly<Record<string, Schema>> {
  const components = fieldOf(document, 'components');
  const schemas = fieldOf(components, 'schemas');
  return typeof schemas === 'object' && schemas !== null ? (schemas as Readonly<Record<string, Schema>>) : {};
}

function closed(schemas: Readonly<Record<string, Schema>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, strictSchema(schema)]));
}

function kindsOf(schemas: Readonly<Record<string, Schema>>, groupVersion: string): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(schemas).flatMap(([name, schema]) => {
      const kinds = schema['x-kubernetes-group-version-kind'];
      if (!Array.isArray(kinds)) return [];
      return kinds.flatMap((one: unknown): readonly [string, string][] => {
        const [group, version, kind] = ['group', 'version', 'kind'].map((field) => fieldOf(one, field));
        const isOurs = [group, version].filter((part) => part !== '').join('/') === groupVersion;
        return isOurs && typeof kind === 'string' ? [[kind, name]] : [];
      });
    }),
  );
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
}

/** What a combining keyword sums up is told by its parts; what Flux substitutes (`${NAME}`, spec.postBuild) has its value only then. */
function isTold({ keyword, data }: ErrorObject): boolean {
  if (typeof data === 'string' && data.includes('${')) return false;
  return !['oneOf', 'anyOf', 'allOf', 'if'].includes(keyword);
}

function sayError({ instancePath, keyword, message, params }: ErrorObject): string {
  const where = instancePath === '' ? 'the object' : instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'additionalProperties')
    return `${where} has a field ${String(fieldOf(params, 'additionalProperty'))}, which its schema does not know`;
  return `${where} ${message ?? 'does not fit'}`;
}
