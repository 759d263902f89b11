import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '#core/limits.ts';
import type { Who } from '#sandbox/gerrit/access.ts';
import { gson } from '#sandbox/gerrit/events.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import type { Call, RestAnswer, Route } from '#sandbox/gerrit/rest/call.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

/** Finds the route of a request. Errors are plain text, without `)]}'`. */
export class Router {
  readonly #site: Site;
  readonly #routes: readonly { readonly route: Route; readonly segments: readonly string[] }[];

  constructor(site: Site, routes: readonly Route[]) {
    this.#site = site;
    this.#routes = routes.map((route) => ({ route, segments: route.path.split('/') }));
  }

  async answer(request: IncomingMessage, path: string, query: string, who: Who): Promise<RestAnswer> {
    try {
      const segments = segmentsOf(path);
      const found = this.#routes.find(({ route, segments: wanted }) => route.method === request.method && fits(wanted, segments));
      if (found === undefined) throw this.#unknown(segments);
      if (request.method !== 'GET' && who === undefined) throw new Refusal(403, 'Authentication required');
      const params = segments.filter((_segment, index) => found.segments[index] === '*');
      const call: Call = { site: this.#site, who, params, query: new URLSearchParams(query), body: await bodyOf(request) };
      if (request.headers['x-gerrit-updatedref-enabled'] !== 'true') return await found.route.answer(call);
      return await this.#withMoves(found.route, call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, text: `${error.message}\n` };
    }
  }

  /** Names the refs that the request moved. */
  async #withMoves(route: Route, call: Call): Promise<RestAnswer> {
    const moved: string[] = [];
    const stop = this.#site.onEvent(({ body, project, ref }) => {
      const update = body['refUpdate'];
      if (ref === null || typeof update !== 'object' || update === null || !('oldRev' in update) || !('newRev' in update)) return;
      moved.push([project, ref, String(update.oldRev), String(update.newRev)].map(encodeURIComponent).join('~'));
    });
    try {
      const answer = await route.answer(call);
      return { ...answer, headers: { ...answer.headers, 'X-Gerrit-UpdatedRef': moved.join(', ') } };
    } finally {
      stop();
    }
  }

  /** A slash that was not encoded names a project that does not exist. */
  #unknown([collection, id]: readonly string[]): Refusal {
    const isProject = collection === 'projects' && id !== undefined && !this.#site.projects.has(id);
    return new Refusal(404, isProject ? `Not found: ${id}` : 'Not Found');
  }
}

export function headersOf(): Record<string, string> {
  return {
    'X-Frame-Options': 'deny',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache, no-store, max-age=0, must-revalidate',
    Pragma: 'no-cache',
    Expires: 'Mon, 01 Jan 1990 00:00:00 GMT',
  };
}

export function send(response: ServerResponse, answer: RestAnswer): void {
  const { status, json, text = '', headers = {} } = answer;
  const isJson = json !== undefined;
  const body = isJson ? `)]}'\n${gson(json)}\n` : text;
  const type = isJson ? 'application/json;charset=utf-8' : (answer.type ?? 'text/plain;charset=utf-8');
  const length = status === 204 ? {} : { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headersOf(), ...headers, ...length });
  response.end(status === 204 ? undefined : body);
}

function segmentsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    throw new Refusal(400, 'Bad Request');
  }
}

function fits(wanted: readonly string[], given: readonly string[]): boolean {
  return wanted.length === given.length && wanted.every((segment, index) => segment === '*' || segment === given[index]);
}

/** JSON, or the text of `text/plain`. @throws Refusal 400, 413 */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > limits.http.bodyBytes) throw new Refusal(413, 'Payload too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  if (request.headers['content-type']?.startsWith('text/plain') === true) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Invalid application/json in request');
  }
}
