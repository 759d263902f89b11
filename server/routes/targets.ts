import { Router } from 'express';
import { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import type { ClusterHealth, Inventory } from '#core/ports/clusters.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { parseTargetKey, targetKey, type Footprint, type SourceObject } from '#core/target.ts';
import { sendJson } from '#server/json-answer.ts';
import { filterText, pageShape, parseQuery } from '#server/query.ts';
import { isAsked } from '#server/routes/listing.ts';

export interface TargetsDeps {
  readonly inventory: Pick<Inventory, 'sources' | 'find' | 'footprint' | 'health'>;
  readonly archive: Pick<Archive, 'reconciles'>;
}

/** A target as the API shows it: what it follows, what moves with it, and how its latest reconcile went. */
export interface TargetView extends SourceObject, Omit<Footprint, 'source'> {
  readonly key: string;
  /** Of its cluster: what is shown may be old unless it is `synced`. */
  readonly clusterState: ClusterHealth['state'] | 'unknown';
  readonly latest: Reconcile | null;
}

const Query = z.strictObject({
  cluster: filterText,
  namespace: filterText,
  kind: filterText,
  limit: pageShape.limit,
  cursor: pageShape.cursor,
});

/** `GET /v1/targets`, in the order of their keys; `GET /v1/targets/{key}`, whose slashes may be encoded or not. */
export function targetsRoutes(deps: TargetsDeps): Router {
  return Router({ caseSensitive: true, strict: true })
    .get('/v1/targets', async function list(request, response) {
      const { limit, cursor, ...filter } = parseQuery(request, Query);
      const rest = deps.inventory
        .sources()
        .filter(
          ({ target }) =>
            isAsked(filter.cluster, target.cluster) && isAsked(filter.namespace, target.namespace) && isAsked(filter.kind, target.kind),
        )
        .map((source) => ({ key: targetKey(source.target), source }))
        .filter(({ key }) => cursor === null || key > cursor)
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      const page = rest.slice(0, limit);
      const items = await Promise.all(page.map(({ source }) => viewOf(deps, source)));
      sendJson(response, 200, { items, next: rest.length > limit ? (page.at(-1)?.key ?? null) : null });
    })
    .get('/v1/targets/*key', async function show(request, response) {
      parseQuery(request, z.strictObject({}));
      const key = [request.params['key'] ?? []].flat().join('/');
      const target = parseTargetKey(key);
      if (!target) throw new HeadgateError('REQUEST_INVALID', 'a target is named cluster/kind/namespace/name');
      const source = deps.inventory.find(target);
      if (!source)
        throw new HeadgateError('NOT_FOUND', `there is no target ${key}`, { hint: 'List what there is with `headgate get targets`.' });
      sendJson(response, 200, await viewOf(deps, source));
    });
}

async function viewOf({ inventory, archive }: TargetsDeps, source: SourceObject): Promise<TargetView> {
  const key = targetKey(source.target);
  const { consumers, namespaces, unbounded } = inventory.footprint(source);
  const clusterState = inventory.health().find((health) => health.cluster === source.target.cluster)?.state ?? 'unknown';
  const latest = (await archive.reconciles({ target: key }, { limit: 1, cursor: null })).items[0] ?? null;
  return { key, ...source, consumers, namespaces, unbounded, clusterState, latest };
}
