/** A JSON schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * What an API server makes of its own schemas when it applies: fields that a schema does not name are refused ("field not declared in schema",
 * sigs.k8s.io/structured-merge-diff), and numbers may stand where `x-kubernetes-int-or-string` says so. Patterns are left out: they are whoever wrote the
 * custom resource's, the text is a pusher's, and a backtracking matcher of one against the other would hold up everybody. The API server checks them.
 */
export function strictSchema(schema: unknown): unknown {
  return strict(schema, true);
}

/** @param closing false within what is combined: there a schema names some of the fields, and the one around it the others (structural schemas) */
function strict(schema: unknown, closing: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((one) => strict(one, closing));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { pattern: _pattern, format: _format, default: _default, ...kept } = schema as Schema;
  const below = Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, belowOf(key, value, closing)]));
  return closing && isClosed(kept) ? { ...below, additionalProperties: false } : below;
}

/** The keys of `properties` are names of fields, which may be called like keywords. */
function belowOf(key: string, value: unknown, closing: boolean): unknown {
  if (key === 'enum' || key === 'required' || typeof value !== 'object' || value === null) return value;
  if (key !== 'properties' || Array.isArray(value)) return strict(value, closing && !combining.includes(key));
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, strict(schema, closing)]));
}

const combining: readonly string[] = ['allOf', 'anyOf', 'oneOf', 'not'];

function isClosed(schema: Schema): boolean {
  if (schema['properties'] === undefined || schema['additionalProperties'] !== undefined) return false;
  return schema['x-kubernetes-preserve-unknown-fields'] !== true && schema['x-kubernetes-embedded-resource'] !== true;
}

/** Fields without a value are as if they were not there: an API server drops them (`nullable` apart, where leaving them out is the same). */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, below]: [string, unknown]) => (below === null ? [] : [[key, withoutNulls(below)]])),
  );
}
