/** What a request path names; no name = the collection, no namespace = all of them. */
export interface ResourcePath {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Takes apart `/api/v1/…` and `/apis/<group>/<version>/…`; undefined for every other path, discovery included. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const [root, ...rest] = path.split('/').slice(1).map(decodeURIComponent);
  if (root === 'api') return parseRest(rest[0] ?? '', rest.slice(1));
  if (root === 'apis') return parseRest(`${rest[0]}/${rest[1]}`, rest.slice(2));
  return undefined;
}

function parseRest(apiVersion: string, segments: readonly string[]): ResourcePath | undefined {
  const [first, second, third] = segments;
  if (first === undefined || first === '') return undefined;
  const inNamespace = first === 'namespaces' && second !== undefined && third !== undefined && third !== 'status';
  const [plural = '', name, subresource, ...more] = inNamespace ? segments.slice(2) : segments;
  if (more.length > 0) return undefined;
  return { apiVersion, plural, namespace: inNamespace ? second : undefined, name, subresource };
}
