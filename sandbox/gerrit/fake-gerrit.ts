import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { GerritAccount, GerritGroup, NewAccount, NewGroup } from '#sandbox/gerrit/account.ts';
import type { Change, ChangeMessage } from '#sandbox/gerrit/change.ts';
import { Desk, type NewChange, type DirectPush } from '#sandbox/gerrit/desk.ts';
import { EventsLog, type EventsLogSwitches } from '#sandbox/gerrit/events-log.ts';
import type { GerritEvent } from '#sandbox/gerrit/events.ts';
import { HttpHost, type HttpSwitches } from '#sandbox/gerrit/http-host.ts';
import type { AccessSections, GerritProject, NewProject } from '#sandbox/gerrit/project.ts';
import { accessRoutes } from '#sandbox/gerrit/rest/access-routes.ts';
import { accountRoutes } from '#sandbox/gerrit/rest/account-routes.ts';
import { changeRoutes } from '#sandbox/gerrit/rest/change-routes.ts';
import { configRoutes } from '#sandbox/gerrit/rest/config-routes.ts';
import { projectRoutes } from '#sandbox/gerrit/rest/project-routes.ts';
import { Router } from '#sandbox/gerrit/rest/router.ts';
import type { Review } from '#sandbox/gerrit/review.ts';
import { type Plugins, Site } from '#sandbox/gerrit/site.ts';
import { newSshKey, type SshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import { SshHost } from '#sandbox/gerrit/ssh/ssh-host.ts';
import { Webhooks } from '#sandbox/gerrit/webhooks/webhooks.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import type { SourceRepository } from '#sandbox/git/source-repository.ts';

export interface FakeGerritOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Where the repositories lie; made when it is missing. */
  readonly directory: string;
  readonly git?: GitRunner;
  readonly httpPort?: number;
  readonly sshPort?: number;
  /** `gerrit.instanceId`; default `fake`, null = none. */
  readonly instanceId?: string | null;
  /** `event.stream-events.enableBatchRefUpdatedEvents`; default false. */
  readonly batchRefUpdated?: boolean;
  /** `change.submitWholeTopic`; default true. */
  readonly submitWholeTopic?: boolean;
  /** Default: an ed25519 key. Give several types to test what is negotiated. */
  readonly hostKeys?: readonly SshKey[];
}

/**
 * A small Gerrit 3.14 in this process, on loopback: SSH (`gerrit version`, `gerrit stream-events`), REST and git over HTTP, on real bare
 * repositories. It does what a real one was seen to do, and fails in the ways that a real one was seen to fail, on demand:
 *
 *     const gerrit = await startFakeGerrit({ clock: systemClock, log, directory });
 *     const bot = gerrit.createAccount({ username: 'bot', groups: ['Service Users'], sshKeys: [key.publicKey] });   // Stream Events, View Access
 *     const dev = gerrit.createAccount({ username: 'dev' });
 *     const group = gerrit.createGroup({ name: 'release-managers', members: ['dev'] });       // group.uuid
 *     await gerrit.createProject({ name: 'demo/app', files: { 'deploy/app.yaml': '…' } });
 *     const change = await gerrit.createChange({ project: 'demo/app', by: 'dev', files: { 'a.yaml': '1' }, subject: 'One' });
 *     await gerrit.vote(change, { by: 'admin', value: 2 });            // label: 'Code-Review'; tag, onBehalfOf, message
 *     await gerrit.submit(change);                                     // by 'admin'; with its chain and its topic
 *     await gerrit.push({ project: 'demo/app', files: { 'b.yaml': '2' } });   // direct, by 'admin'
 *     gerrit.messages(change);                                         // what was said on it
 *     gerrit.ssh.switches.splitBytes = 3;  gerrit.ssh.exitStreams();  gerrit.http.switches.down = 503;  gerrit.staleReads(3);
 *
 * `http.url` is the canonical URL: `<url>/a/<project>` is its repository. `admin` may push directly, submit and vote ±2; others vote ±1.
 * Events come in the observed order: every `ref-updated` of a submit before its `change-merged`.
 */
export interface FakeGerrit {
  readonly http: {
    /** Canonical URL, without a slash at the end. */
    readonly url: string;
    readonly switches: HttpSwitches;
    /** Requests as they came in, such as `GET /a/changes/…`, oldest first. */
    readonly requests: readonly string[];
  };
  readonly ssh: SshHost;
  readonly webhooks: Webhooks;
  readonly eventsLog: EventsLogSwitches;
  /** Which plugins are installed: `webhooks` and `eventsLog` from the start. */
  readonly plugins: Plugins;
  /** Everything that was published, oldest first. */
  readonly events: readonly GerritEvent[];
  /** Calls back with each event. Returns the unsubscription. */
  onEvent(hear: (event: GerritEvent) => void): () => void;

  /** Its HTTP password is `password`. @throws Error when the user name is taken */
  createAccount(wanted: NewAccount): GerritAccount;
  createGroup(wanted: NewGroup): GerritGroup;
  /** @throws Error when there is none */
  account(username: string): GerritAccount;
  group(nameOrUuid: string): GerritGroup;
  /** From now on it cannot log in, and its connections end. */
  deactivate(username: string): void;
  /** @param by user name; default `admin` */
  createProject(wanted: NewProject, by?: string): Promise<GerritProject>;
  project(name: string): GerritProject;
  /** Replaces what a project grants of its own (in Gerrit's `local` shape): a commit on `refs/meta/config`. */
  setAccess(project: string, access: AccessSections, by?: string): Promise<void>;
  /** Changes labels, requirements or the submit type of a project: a commit on `refs/meta/config`. */
  configure(project: string, settings: Partial<Pick<GerritProject, 'labels' | 'requirements' | 'submitType'>>, by?: string): Promise<void>;

  /** The repository behind a clone URL of this server, with or without `/a/` and `.git`; undefined for any other URL. For a cluster's `resolve`. */
  resolve(url: string): SourceRepository | undefined;

  createChange(wanted: NewChange): Promise<Change>;
  /** Another patch set. @param wanted.by default the owner */
  amend(
    change: Change,
    wanted: { readonly files: Readonly<Record<string, string | null>>; readonly subject?: string; readonly by?: string },
  ): Promise<Change>;
  /** @param vote.by user name; `onBehalfOf`: whose vote it is. Right after a merge it is a post-submit vote. @throws Refusal */
  vote(
    change: Change,
    vote: {
      readonly by?: string;
      readonly label?: string;
      readonly value: number;
      readonly message?: string;
      readonly tag?: string;
      readonly onBehalfOf?: string;
    },
  ): Promise<void>;
  comment(change: Change, message: string, by?: string, tag?: string): Promise<void>;
  /** What `review` of the REST API does. */
  review(change: Change, by: string, review: Review): Promise<void>;
  /** A requirement stands whatever the votes say, such as `OVERRIDDEN`. */
  override(change: Change, requirement: string, status: string): void;
  /** @param by default `admin`. @returns all that were submitted with it, oldest first @throws Refusal 403, 409 */
  submit(change: Change, by?: string): Promise<readonly Change[]>;
  /** `git push` to `refs/for/<branch>%submit`: the requirements are `FORCED`. */
  pushWithSubmit(wanted: NewChange): Promise<Change>;
  /** Makes the change that takes it back. */
  revert(change: Change, by?: string): Promise<Change>;
  /** Pushes a commit straight to a branch; `commit` of an open change closes that change. @returns the new head */
  push(push: DirectPush): Promise<string>;
  createBranch(project: string, branch: string, from?: string, by?: string): Promise<void>;
  deleteBranch(project: string, branch: string, by?: string): Promise<void>;
  tag(project: string, tag: string, commit: string, by?: string): Promise<void>;
  change(number: number): Change;
  messages(change: Change): readonly ChangeMessage[];
  /** Numbers of changes go on after this one. */
  skipTo(number: number): void;
  /** So many reads of a change still see it open after it was merged (queries by commit: open, or not at all). */
  staleReads(count: number): void;
  stop(): Promise<void>;
}

/** Starts it. @throws HeadgateError TOOL_MISSING (no git), PORT_BUSY */
export async function startFakeGerrit(options: FakeGerritOptions): Promise<FakeGerrit> {
  const { clock, log, instanceId = 'fake', hostKeys = [newSshKey()] } = options;
  const eventsLog = new EventsLog(clock);
  const webhooks = new Webhooks(clock, () => url());
  const site = new Site({
    clock,
    git: options.git ?? new GitRunner(),
    directory: options.directory,
    instanceId: instanceId ?? undefined,
    batchRefUpdated: options.batchRefUpdated ?? false,
    submitWholeTopic: options.submitWholeTopic ?? true,
    url: () => url(),
  });
  const routes = [...accountRoutes, ...changeRoutes, ...projectRoutes, ...accessRoutes, ...configRoutes(webhooks, site)];
  const http = new HttpHost({ site, router: new Router(site, routes), eventsLog, log });
  const url = (): string => `http://127.0.0.1:${http.port}`;
  const ssh = new SshHost(site, hostKeys);
  await http.start(options.httpPort ?? 0);
  await ssh.start(options.sshPort ?? 0);
  await site.open();
  site.onEvent((event) => {
    if (site.plugins.webhooks) webhooks.hear(event);
    eventsLog.hear(event);
  });
  return new Desk({ site, http, ssh, webhooks, eventsLog: eventsLog.switches, url });
}
