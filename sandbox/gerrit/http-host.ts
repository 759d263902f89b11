import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { pause } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { Who } from '#sandbox/gerrit/access.ts';
import type { EventsLog } from '#sandbox/gerrit/events-log.ts';
import { receivePack } from '#sandbox/gerrit/git/receive-pack.ts';
import type { GerritProject } from '#sandbox/gerrit/project.ts';
import { headersOf, type Router, send } from '#sandbox/gerrit/rest/router.ts';
import type { Site } from '#sandbox/gerrit/site.ts';
import { serveGit } from '#sandbox/git/git-http.ts';
import { closeServer, listenOn, portOf } from '#sandbox/listen.ts';

/** What the HTTP side does other than a healthy one. */
export interface HttpSwitches {
  /** `gone`: connections are cut; a number: everything is answered with that status. */
  down?: 'gone' | number | undefined;
  /** Milliseconds before an answer. */
  slow?: number | undefined;
}

export interface HttpHostOptions {
  readonly site: Site;
  readonly router: Router;
  readonly eventsLog: EventsLog;
  readonly log: Log;
}

const GIT_PATH = /^\/(.+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/;
const EVENTS_LOG = /^\/plugins\/events-log\/events\/?$/;
const unpacked = promisify(gunzip);

/** The hook that clients fetch to have a Change-Id in each message. */
const COMMIT_MSG = `#!/bin/sh
grep -q '^Change-Id: ' "$1" && exit 0
id=$({ git var GIT_COMMITTER_IDENT; cat "$1"; } | git hash-object --stdin)
git interpret-trailers --in-place --trailer "Change-Id: I$id" "$1"
`;

/** Gerrit's HTTP side: REST and git, under `/a/` for accounts and without it for anybody. */
export class HttpHost {
  readonly switches: HttpSwitches = {};
  /** Requests as they came in, such as `GET /a/changes/…`, oldest first. */
  readonly requests: string[] = [];
  readonly #options: HttpHostOptions;
  readonly #server: Server;

  constructor(options: HttpHostOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  get port(): number {
    return portOf(this.#server);
  }

  start(port: number): Promise<void> {
    return listenOn(this.#server, port);
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.requests.push(`${request.method} ${request.url}`);
      if (this.requests.length > limits.sandbox.remembered) this.requests.shift();
      if (this.switches.slow !== undefined) await pause(this.#options.site.options.clock, this.switches.slow);
      const { down } = this.switches;
      if (down === 'gone') return void response.destroy();
      if (down !== undefined) return plain(response, down, 'Service Unavailable');
      await this.#route(request, response);
    } catch (error) {
      this.#options.log.error('the simulated Gerrit failed', { path: request.url, error: messageOf(error) });
      if (response.headersSent) response.destroy();
      else plain(response, 500, 'Internal server error');
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [raw = '/', query = ''] = (request.url ?? '/').split('?');
    const inside = raw.startsWith('/a/');
    const path = inside ? raw.slice(2) : raw;
    const who = accountIn(this.#options.site, request.headers.authorization);
    if (who === null || (inside && who === undefined)) return unauthorized(response);
    const git = GIT_PATH.exec(path);
    if (git !== null) return this.#git(request, response, { name: decodeURIComponent(git[1] ?? ''), service: git[2] ?? '', query, who });
    const { router, site } = this.#options;
    if (path === '/tools/hooks/commit-msg') return plain(response, 200, COMMIT_MSG);
    if (EVENTS_LOG.test(path) && site.plugins.eventsLog) return this.#logged(response, query, who);
    send(response, await router.answer(request, path, query, inside ? who : undefined));
  }

  #logged(response: ServerResponse, query: string, who: Who): void {
    if (who === undefined) return unauthorized(response);
    const { eventsLog, site } = this.#options;
    html(response, eventsLog.answer(site, who, new URLSearchParams(query.replaceAll(';', '&'))));
  }

  async #git(request: IncomingMessage, response: ServerResponse, asked: GitAsked): Promise<void> {
    const { site, log } = this.#options;
    const { name, service, query, who } = asked;
    const project = site.projects.get(name);
    if (project === undefined || !site.access.readsProject(who, project))
      return who === undefined ? unauthorized(response) : plain(response, 403, 'Forbidden');
    const pushes = service === '/git-receive-pack' || query.includes('git-receive-pack');
    if (pushes && who === undefined) return unauthorized(response);
    if (service === '/git-receive-pack' && who !== undefined) return this.#receive(request, response, project, who);
    const git = { environment: { ...site.options.git.environment, ...(await hiding(site, project, who)) } };
    const wanted = { directory: project.bare.directory, service, query, user: who?.username ?? 'anonymous' };
    await serveGit(git, log, wanted, request, response);
  }

  async #receive(request: IncomingMessage, response: ServerResponse, project: GerritProject, who: NonNullable<Who>): Promise<void> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > limits.sandbox.gitBodyBytes) return void response.destroy();
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? await unpacked(bytes) : bytes;
    const answer = await receivePack(this.#options.site, project, body, who);
    response.writeHead(200, { 'content-type': 'application/x-git-receive-pack-result', 'cache-control': 'no-cache' });
    response.end(answer);
  }
}

interface GitAsked {
  readonly name: string;
  readonly service: string;
  readonly query: string;
  readonly who: Who;
}

/** Null = credentials that do not do; undefined = none. */
function accountIn(site: Site, authorization: string | undefined): Who | null {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const account = site.accounts.byUsername(text.slice(0, colon));
  return account?.active === true && account.password === text.slice(colon + 1) ? account : null;
}

/** Refs that a reader may not see, in git's configuration from the environment. */
async function hiding(site: Site, project: GerritProject, who: Who): Promise<Record<string, string>> {
  if (site.accounts.isAdmin(who)) return {};
  const hidden = [...(await project.git.refs()).keys()].filter((ref) => !site.access.reads(who, project, ref, site.changes));
  const entries = hidden.flatMap((ref, index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, 'transfer.hideRefs'],
    [`GIT_CONFIG_VALUE_${index}`, ref],
  ]);
  return { GIT_CONFIG_COUNT: String(hidden.length), ...Object.fromEntries(entries) };
}

function unauthorized(response: ServerResponse): void {
  plain(response, 401, 'Unauthorized', { 'WWW-Authenticate': 'Basic realm="Gerrit Code Review"' });
}

function plain(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...headersOf(), ...headers, 'Content-Type': 'text/plain;charset=iso-8859-1' });
  response.end(text);
}

function html(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'X-Frame-Options': 'DENY',
    'Content-Type': 'text/html;charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
  });
  response.end(text);
}
