import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { BareRepository } from '#sandbox/git/bare-repository.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import type { SourceRepository } from '#sandbox/git/source-repository.ts';
import { serveGit } from '#sandbox/git/git-http.ts';
import { HostedRepository, type RefChange } from '#sandbox/github/hosted-repository.ts';
import { emailOf, pingPayload } from '#sandbox/github/push-payload.ts';
import { PullDesk, type MergePulls, type OpenPull } from '#sandbox/github/pull-desk.ts';
import { Repositories } from '#sandbox/github/repositories.ts';
import type { ActivityType } from '#sandbox/github/rest/ledger.ts';
import type { Pull } from '#sandbox/github/rest/records.ts';
import { RestApi } from '#sandbox/github/rest/rest-api.ts';
import { restHandle, type FakeGithubRest } from '#sandbox/github/rest/rest-handle.ts';
import { HOOK_ID, Webhook, type HookDelivery, type WebhookTarget } from '#sandbox/github/webhook.ts';
import { closeServer, listenOn } from '#sandbox/listen.ts';

export interface FakeGithubOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Where the repositories lie; made when it is missing. */
  readonly directory: string;
  readonly git?: GitRunner;
  readonly port?: number;
}

export interface Push {
  /** `owner/name`. */
  readonly repository: string;
  /** Short name; default the repository's default branch. */
  readonly branch?: string;
  /** Path → content; null deletes the file. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly message?: string;
  /** Login of who pushes; default `octocat`. */
  readonly by?: string;
  /** Commit to build on instead of the branch's head: a force push. */
  readonly onto?: string;
}

/** A ref that was moved, and the webhook about it. */
export interface Pushed extends RefChange {
  /** What the receiver of the webhook answered; undefined when no webhook is set up. */
  readonly delivery: HookDelivery | undefined;
}

/**
 * A small GitHub in this process: real bare git repositories, served over smart HTTP on loopback (anyone may clone, fetch and push),
 * and one organisation webhook that is sent, signed, about every ref that moves, however it was pushed.
 */
export interface FakeGithub {
  /** Base URL: a repository is at `<url>/<owner>/<name>.git`. */
  readonly url: string;
  /** Base URL of the REST API, as a GitHub Enterprise Server has it: `<url>/api/v3`. */
  readonly apiUrl: string;
  /** The REST API from its inside: tokens, pull requests, reviews, checks, faults. */
  readonly rest: FakeGithubRest;
  /** Makes an empty repository and answers its clone URL. @param name `owner/name` */
  createRepository(name: string, defaultBranch?: string): Promise<string>;
  /** Gives a repository another name; the earlier one redirects, in git and in the API. */
  renameRepository(from: string, to: string): void;
  /** The repository behind a clone URL of this server, with or without `.git`; undefined for any other URL. For a cluster's `resolve`. */
  resolve(url: string): SourceRepository | undefined;
  /** The repository itself, to prepare or inspect it without any webhook. */
  repository(name: string): BareRepository;

  /** Makes one commit, moves the branch to it and sends the webhook. */
  push(push: Push): Promise<Pushed>;
  /** Sets a tag; with a message it is annotated. */
  tag(repository: string, tag: string, commit: string, message?: string): Promise<Pushed>;
  /** Opens a pull request for a branch that was pushed. */
  openPull(pull: OpenPull): Promise<Pull>;
  /** Merges pull requests as GitHub does. */
  merge(merge: MergePulls): Promise<Pushed>;
  /** Moves a full ref, or deletes it when `to` is null. */
  move(repository: string, ref: string, to: string | null): Promise<Pushed>;
  ping(): Promise<HookDelivery | undefined>;

  /** Where webhooks go from now on; undefined = none are made. */
  setWebhook(target: WebhookTarget | undefined): void;
  /** Sends an earlier delivery again, under its id. */
  redeliver(id: string): Promise<HookDelivery>;
  /** The next deliveries get lost on their way; `redeliver` can send them later. */
  lose(count?: number): void;
  /** Oldest first. */
  deliveries(): readonly HookDelivery[];
  /** Calls back after each delivery. Returns the unsubscription. */
  onDelivery(listener: (delivery: HookDelivery) => void): () => void;
  stop(): Promise<void>;
}

/** Starts it. @throws HeadgateError TOOL_MISSING (no git), PORT_BUSY */
export async function startFakeGithub(options: FakeGithubOptions): Promise<FakeGithub> {
  const github = new Handle(options, options.git ?? new GitRunner());
  await github.start(options.port ?? 0);
  return github;
}

const API = '/api/v3';
const GRAPHQL = '/api/graphql';
const NAME = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const GIT_PATH = /^\/([\w.-]+\/[\w.-]+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/;

class Handle implements FakeGithub {
  readonly #options: FakeGithubOptions;
  readonly #git: GitRunner;
  readonly #hook: Webhook;
  readonly #repositories: Repositories;
  readonly #api: RestApi;
  readonly #desk: PullDesk;
  readonly rest: FakeGithubRest;
  readonly #server: Server;
  #running = 0;

  constructor(options: FakeGithubOptions, git: GitRunner) {
    this.#options = options;
    this.#git = git;
    this.#hook = new Webhook(options.clock);
    this.#repositories = new Repositories(git, () => this.url);
    const { clock, log } = options;
    this.#api = new RestApi({ clock, log, repositories: this.#repositories, webhook: this.#hook, apiUrl: () => this.apiUrl });
    this.rest = restHandle(this.#api);
    this.#desk = new PullDesk(clock, git, this.#api.records);
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async start(port: number): Promise<void> {
    await this.#git.version();
    await mkdir(this.#options.directory, { recursive: true });
    await listenOn(this.#server, port);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo | null)?.port ?? 0}`;
  }

  get apiUrl(): string {
    return `${this.url}${API}`;
  }

  async createRepository(name: string, defaultBranch = 'main'): Promise<string> {
    if (!NAME.test(name) || this.#repositories.find(name) !== undefined) throw new Error(`cannot make a repository ${name}`);
    const bare = await BareRepository.create(join(this.#options.directory, `${name}.git`), this.#git, defaultBranch);
    this.#repositories.add(new HostedRepository(name, bare, defaultBranch));
    return `${this.url}/${name}.git`;
  }

  renameRepository(from: string, to: string): void {
    if (!NAME.test(to) || this.#repositories.get(to) !== undefined) throw new Error(`cannot name a repository ${to}`);
    this.#repositories.rename(this.#hosted(from), to);
    this.#api.records.rename(from, to);
  }

  resolve(url: string): SourceRepository | undefined {
    if (!url.startsWith(`${this.url}/`)) return undefined;
    return this.#repositories.find(url.slice(this.url.length + 1).replace(/\.git$/, ''))?.bare;
  }

  repository(name: string): BareRepository {
    return this.#hosted(name).bare;
  }

  push({ repository, branch, files, message = 'A change', by = 'octocat', onto }: Push): Promise<Pushed> {
    const hosted = this.#hosted(repository);
    const commit = { branch: branch ?? hosted.defaultBranch, files, message, author: { name: by, email: emailOf(by) } };
    const parent = onto === undefined ? {} : { parent: onto };
    return this.#write(hosted, by, () => hosted.bare.commit({ ...commit, ...parent, at: this.#options.clock.now() }));
  }

  tag(repository: string, tag: string, commit: string, message?: string): Promise<Pushed> {
    const hosted = this.#hosted(repository);
    return this.#write(hosted, 'octocat', () => hosted.bare.tag(tag, commit, message, { name: 'octocat', email: emailOf('octocat') }));
  }

  openPull(pull: OpenPull): Promise<Pull> {
    return this.#desk.open(this.#hosted(pull.repository), pull);
  }

  merge(merge: MergePulls): Promise<Pushed> {
    const hosted = this.#hosted(merge.repository);
    return this.#write(hosted, merge.by, () => this.#desk.merge(hosted, merge), merge.queue ? 'merge_queue_merge' : 'pr_merge');
  }

  move(repository: string, ref: string, to: string | null): Promise<Pushed> {
    const hosted = this.#hosted(repository);
    return this.#write(hosted, 'octocat', () => hosted.bare.move(ref, to));
  }

  ping(): Promise<HookDelivery | undefined> {
    return this.#hook.send('ping', pingPayload(HOOK_ID, this.#hook.target?.url ?? ''));
  }

  setWebhook(target: WebhookTarget | undefined): void {
    this.#hook.target = target;
  }

  redeliver(id: string): Promise<HookDelivery> {
    return this.#hook.redeliver(id);
  }

  lose(count = 1): void {
    this.#hook.lose(count);
  }

  deliveries(): readonly HookDelivery[] {
    return this.#hook.deliveries;
  }

  onDelivery(listener: (delivery: HookDelivery) => void): () => void {
    return this.#hook.onDelivery(listener);
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  #hosted(name: string): HostedRepository {
    const hosted = this.#repositories.get(name);
    if (hosted === undefined) throw new Error(`there is no repository ${name}`);
    return hosted;
  }

  async #write(hosted: HostedRepository, by: string, task: () => Promise<unknown>, type?: ActivityType): Promise<Pushed> {
    const [first] = await this.#writeAll(hosted, by, task, type);
    if (first === undefined) throw new Error('the push moved nothing');
    return first;
  }

  /** Writes, then sends one webhook for each ref that moved. */
  async #writeAll(hosted: HostedRepository, pusher: string, task: () => Promise<unknown>, type?: ActivityType): Promise<readonly Pushed[]> {
    const { changes, others } = await hosted.write(task);
    for (const change of changes) this.#api.ledger.moved(hosted.id, change, pusher, type);
    const by = { server: this.url, pusher, at: this.#options.clock.now() };
    return Promise.all(
      changes.map(async (change) => {
        const wanted = this.#hook.target !== undefined;
        return { ...change, delivery: wanted ? await this.#hook.send('push', await hosted.describe(change, others, by)) : undefined };
      }),
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    if (target === GRAPHQL) return this.#api.handle(request, response, '/graphql');
    if (target.startsWith(`${API}/`)) return this.#api.handle(request, response, target.slice(API.length));
    const [path = '', query = ''] = target.split('?');
    const [, name = '', service = ''] = GIT_PATH.exec(path) ?? [];
    const hosted = this.#repositories.find(name);
    if (hosted === undefined) return refuse(response, 404, 'Repository not found.\n');
    if (hosted.name !== name) return redirect(response, `${this.url}/${hosted.name}.git${service}${query === '' ? '' : `?${query}`}`);
    if (this.#running >= limits.sandbox.gitProcesses) return refuse(response, 503, 'Too many git processes.\n');
    this.#running += 1;
    try {
      await this.#serve(hosted, service, query, request, response);
    } catch (error) {
      this.#options.log.error('the simulated GitHub failed', { path, error: messageOf(error) });
      response.destroy();
    } finally {
      this.#running -= 1;
    }
  }

  async #serve(
    hosted: HostedRepository,
    service: string,
    query: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const user = userOf(request.headers.authorization);
    const serve = (): Promise<number> =>
      serveGit(this.#git, this.#options.log, { directory: hosted.bare.directory, service, query, user }, request, response);
    if (service === '/git-receive-pack') await this.#writeAll(hosted, user, serve);
    else await serve();
  }
}

/** The name of HTTP basic authentication; nobody checks a password here. */
function userOf(authorization: string | undefined): string {
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(authorization ?? '') ?? [];
  const name = Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? '';
  return /^[\w-]{1,39}$/.test(name) ? name : 'octocat';
}

/** Of a repository that has another name now: git asks there for the rest (http.followRedirects, "initial"). */
function redirect(response: ServerResponse, location: string): void {
  response.writeHead(301, { location });
  response.end();
}

function refuse(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain' });
  response.end(text);
}
