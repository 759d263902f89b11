import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import { isFields } from '#sandbox/cluster/merge-patch.ts';
import { badRequest } from '#sandbox/cluster/status-error.ts';

export type Selector = (object: KubeObject) => boolean;

/**
 * `fieldSelector` and `labelSelector` of a list or watch.
 * @throws StatusError BadRequest for fields that the API server does not select by either
 */
export function parseSelector(query: URLSearchParams): Selector {
  const fields = terms(query.get('fieldSelector')).map(fieldTerm);
  const labels = terms(query.get('labelSelector')).map(labelTerm);
  const all = [...fields, ...labels];
  return (object) => all.every((fits) => fits(object));
}

function terms(text: string | null): readonly string[] {
  return (text ?? '').split(',').filter((term) => term !== '');
}

function fieldTerm(term: string): Selector {
  const [, field = '', operator, wanted] = /^([\w.]+)(==?|!=)(.*)$/.exec(term) ?? [];
  if (!/^(metadata\.(name|namespace)|involvedObject\.\w+|reason|type)$/.test(field)) {
    throw badRequest(`field label not supported: ${field || term}`);
  }
  return (object) => (valueAt(object, field.split('.')) === wanted) === (operator !== '!=');
}

function labelTerm(term: string): Selector {
  const [, label, operator, wanted] = /^([^=!]+)(==?|!=)(.*)$/.exec(term) ?? [];
  if (label !== undefined) return (object) => (object.metadata.labels?.[label] === wanted) === (operator !== '!=');
  if (/[()\s]/.test(term)) throw badRequest(`unable to parse requirement: ${term}`);
  const absent = term.startsWith('!');
  return (object) => (object.metadata.labels?.[absent ? term.slice(1) : term] === undefined) === absent;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((at, key) => (isFields(at) ? at[key] : undefined), value) ?? '';
}
