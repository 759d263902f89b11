import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '#core/clock.ts';
import { selfAccessReview, subjectAccessReview } from '#sandbox/cluster/access-review.ts';
import { discover } from '#sandbox/cluster/discovery.ts';
import type { Faults, Verb } from '#sandbox/cluster/faults.ts';
import { apiVersionOf, reviewKinds, type Kind } from '#sandbox/cluster/kinds.ts';
import { listObjects } from '#sandbox/cluster/list-objects.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import type { PageStore } from '#sandbox/cluster/page-store.ts';
import { readBody } from '#sandbox/cluster/read-body.ts';
import { parseResourcePath, type ResourcePath } from '#sandbox/cluster/request-info.ts';
import type { ServiceAccountTokens } from '#sandbox/cluster/service-account-tokens.ts';
import * as refusal from '#sandbox/cluster/status-error.ts';
import type { WatchHub } from '#sandbox/cluster/watch-hub.ts';
import { createObject, patchObject, replaceObject } from '#sandbox/cluster/write-object.ts';

const MERGE_PATCH = 'application/merge-patch+json';
const VERSION = { major: '1', minor: '36', gitVersion: 'v1.36.0+sandbox', platform: 'sandbox' };
const ACCOUNT_TOKEN = /^\/api\/v1\/namespaces\/([a-z0-9-]+)\/serviceaccounts\/([a-z0-9.-]+)\/token$/;
/** What anybody may read (system:public-info-viewer). */
const PUBLIC: Readonly<Record<string, object | string>> = { '/version': VERSION, '/readyz': 'ok', '/livez': 'ok', '/healthz': 'ok' };

export interface ApiParts {
  readonly store: ObjectStore;
  readonly pages: PageStore;
  readonly watches: WatchHub;
  readonly faults: Faults;
  readonly accounts: ServiceAccountTokens;
  readonly clock: Clock;
  readonly token: string;
}

interface Call {
  readonly verb: Verb;
  readonly kind: Kind;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers one request as an API server would. @throws StatusError for everything that it refuses */
export async function handleApiRequest(parts: ApiParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://cluster');
  const open = PUBLIC[url.pathname];
  const known = authenticate(parts.token, request.headers.authorization);
  if (open !== undefined) return send(response, 200, open);
  if (!known) throw new refusal.StatusError(403, 'Forbidden', `forbidden: User "system:anonymous" cannot get path "${url.pathname}"`);
  const answer = request.method === 'POST' ? questionAt(parts, url.pathname) : undefined;
  if (answer !== undefined) return send(response, 201, answer(await readBody(request)));
  const path = parseResourcePath(url.pathname);
  const kind = path === undefined ? undefined : parts.store.kinds.byPlural(path.apiVersion, path.plural);
  if (path === undefined || kind === undefined || !fits(kind, path)) return sendDiscovery(parts, url.pathname, response);
  const verb = verbOf(request.method ?? 'GET', path, url.searchParams);
  if (parts.faults.refuses(verb, kind)) throw refusal.forbidden('sandbox', verb, kind, path.namespace, path.name);
  return dispatch(parts, { verb, kind, path, query: url.searchParams, request, response });
}

/** What answers a question that is asked by a POST and never kept; undefined for all other paths. */
function questionAt(parts: ApiParts, path: string): ((body: unknown) => object) | undefined {
  const review = reviewKinds.find((kind) => path === `/apis/${apiVersionOf(kind)}/${kind.plural}`);
  if (review) return (body) => answerReview(parts, review, body);
  const [, namespace, account] = ACCOUNT_TOKEN.exec(path) ?? [];
  if (namespace === undefined || account === undefined) return undefined;
  return (body) => parts.accounts.request(namespace, account, body);
}

/** @throws StatusError Forbidden, and as each kind of review */
function answerReview(parts: ApiParts, kind: Kind, body: unknown): object {
  if (parts.faults.refuses('create', kind)) throw refusal.forbidden('sandbox', 'create', kind, undefined);
  if (kind.kind === 'TokenReview') return parts.accounts.review(body);
  return kind.kind === 'SubjectAccessReview' ? subjectAccessReview(parts, body) : selfAccessReview(parts, body);
}

/** False = anonymous. @throws StatusError Unauthorized for a token that is not ours */
function authenticate(token: string, authorization: string | undefined): boolean {
  if (authorization === undefined) return false;
  if (authorization !== `Bearer ${token}`) throw refusal.unauthorized();
  return true;
}

/** Whether the path can be one of that kind: namespaced or not, with a subresource that exists. */
function fits(kind: Kind, path: ResourcePath): boolean {
  if (path.namespace !== undefined && !kind.namespaced) return false;
  if (path.name !== undefined && path.namespace === undefined && kind.namespaced) return false;
  return path.subresource === undefined || (path.subresource === 'status' && kind.status);
}

function verbOf(method: string, path: ResourcePath, query: URLSearchParams): Verb {
  const one = path.name !== undefined;
  if (method === 'GET' && !one) return ['1', 'true'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
  if (method === 'GET') return 'get';
  if (method === 'POST' && !one) return 'create';
  if (method === 'PUT' && one) return 'update';
  if (method === 'PATCH' && one) return 'patch';
  if (method === 'DELETE' && one) return 'delete';
  throw refusal.methodNotAllowed();
}

async function dispatch(parts: ApiParts, call: Call): Promise<void> {
  const { verb, kind, path, query, response } = call;
  if (verb === 'watch') return parts.watches.start(kind, path.namespace, query, response);
  if (verb === 'list') return send(response, 200, listObjects(parts.store, parts.pages, kind, path.namespace, query));
  if (verb === 'create') return send(response, 201, await create(parts, call));
  const key = { kind, namespace: path.namespace, name: path.name ?? '' };
  if (verb === 'get') return send(response, 200, parts.store.get(key) ?? raise(refusal.notFound(kind, key.name)));
  if (verb === 'delete') return send(response, 200, deleted(kind, key.name, parts.store.remove(key).metadata.uid));
  const type = (call.request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (verb === 'patch' && type !== MERGE_PATCH) throw refusal.unsupportedMediaType([MERGE_PATCH]);
  const write = verb === 'patch' ? patchObject : replaceObject;
  return send(response, 200, write(parts.store, key, await readBody(call.request), writerOf(call)));
}

async function create(parts: ApiParts, call: Call): Promise<object> {
  const body = await readBody(call.request);
  return createObject(parts.store, call.kind, call.path.namespace, body, writerOf(call), () => parts.clock.random());
}

function writerOf(call: Call): { manager: string; subresource?: 'status' } {
  const agent = (call.request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  const manager = call.query.get('fieldManager') ?? agent;
  return call.path.subresource === undefined ? { manager } : { manager, subresource: 'status' };
}

function deleted(kind: Kind, name: string, uid: string): object {
  const details = { name, group: kind.group, kind: kind.plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function sendDiscovery(parts: ApiParts, path: string, response: ServerResponse): void {
  const found = discover(path, parts.store.kinds.all());
  // An unknown path is not answered by a Status: the API server's last handler knows no kinds.
  if (found === undefined) return send(response, 404, '404 page not found\n');
  return send(response, 200, found);
}

/** Writes an answer: text as text, everything else as JSON. */
export function send(response: ServerResponse, code: number, body: unknown): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-cache, private' });
  response.end(text);
}

function raise(error: Error): never {
  throw error;
}
