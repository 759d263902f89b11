import { apiVersionOf, type Kind } from '#sandbox/cluster/kinds.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import type { PageStore } from '#sandbox/cluster/page-store.ts';
import { parseSelector } from '#sandbox/cluster/selector.ts';
import { badRequest, tooLarge } from '#sandbox/cluster/status-error.ts';

/** One answer to a GET of a collection, as `limit` and `continue` ask for it. */
export function listObjects(
  store: ObjectStore,
  pages: PageStore,
  kind: Kind,
  namespace: string | undefined,
  query: URLSearchParams,
): object {
  const limit = wholeNumber(query, 'limit') ?? 0;
  const token = query.get('continue') ?? '';
  const fits = parseSelector(query);
  assertReached(store, query);
  const page = token === '' ? pages.first(store.list(kind, namespace).filter(fits), store.version, limit) : pages.resume(token, limit);
  const rest = page.next === undefined ? {} : { remainingItemCount: page.remaining };
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: String(page.version), continue: page.next ?? '', ...rest },
    items: page.items.map((object) => listed(kind, object)),
  };
}

/** @throws StatusError Timeout when the client has seen a version that this server has not reached, as after a restore of etcd */
export function assertReached(store: ObjectStore, query: URLSearchParams): void {
  const requested = wholeNumber(query, 'resourceVersion') ?? 0;
  if (requested > store.version) throw tooLarge(requested, store.version);
}

/** @throws StatusError BadRequest */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: Invalid value: "${text}": must be a whole number`);
  return Number(text);
}

/** In lists, items of built-in kinds say neither apiVersion nor kind; custom resources do. */
function listed(kind: Kind, object: KubeObject): object {
  if (kind.group.includes('.')) return object;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  return rest;
}
