import type { GerritAccount, GerritGroup, NewAccount, NewGroup } from '#sandbox/gerrit/account.ts';
import { type Change, type ChangeMessage, currentPatchSet } from '#sandbox/gerrit/change.ts';
import type { EventsLogSwitches } from '#sandbox/gerrit/events-log.ts';
import type { GerritEvent } from '#sandbox/gerrit/events.ts';
import { ZEROS } from '#sandbox/gerrit/git/project-git.ts';
import type { HttpHost, HttpSwitches } from '#sandbox/gerrit/http-host.ts';
import type { AccessSections, GerritProject, NewProject } from '#sandbox/gerrit/project.ts';
import { pushDirectly } from '#sandbox/gerrit/push.ts';
import { revert } from '#sandbox/gerrit/revert.ts';
import { review, type Review } from '#sandbox/gerrit/review.ts';
import type { Plugins, Site } from '#sandbox/gerrit/site.ts';
import type { SshHost } from '#sandbox/gerrit/ssh/ssh-host.ts';
import { submit } from '#sandbox/gerrit/submit.ts';
import { newChangeId, upload } from '#sandbox/gerrit/upload.ts';
import type { SourceRepository } from '#sandbox/git/source-repository.ts';
import type { Webhooks } from '#sandbox/gerrit/webhooks/webhooks.ts';

export interface NewChange {
  readonly project: string;
  /** Short name; default the project's. */
  readonly branch?: string;
  /** Path → content; null deletes the file. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly subject?: string;
  /** User name of the owner; default `admin`. */
  readonly by?: string;
  /** A change to build on, or a commit; default the branch's head. */
  readonly onto?: Change | string;
  readonly topic?: string;
  readonly hashtags?: readonly string[];
  readonly workInProgress?: boolean;
  readonly isPrivate?: boolean;
}

export interface DirectPush {
  readonly project: string;
  readonly branch?: string;
  readonly files?: Readonly<Record<string, string | null>>;
  readonly message?: string;
  /** User name; default `admin`. */
  readonly by?: string;
  /** Commit to build on instead of the branch's head: a force push. */
  readonly onto?: string;
  /** Pushes this commit instead of a new one, such as that of an open change. */
  readonly commit?: string;
}

interface Parts {
  readonly site: Site;
  readonly http: HttpHost;
  readonly ssh: SshHost;
  readonly webhooks: Webhooks;
  readonly eventsLog: EventsLogSwitches;
  readonly url: () => string;
}

/** The fake Gerrit from its inside. */
export class Desk {
  readonly ssh: SshHost;
  readonly webhooks: Webhooks;
  readonly plugins: Plugins;
  readonly eventsLog: EventsLogSwitches;
  readonly events: GerritEvent[] = [];
  readonly http: { readonly url: string; readonly switches: HttpSwitches; readonly requests: readonly string[] };
  readonly #site: Site;
  readonly #server: HttpHost;

  constructor({ site, http, ssh, webhooks, eventsLog, url }: Parts) {
    this.#site = site;
    this.#server = http;
    this.ssh = ssh;
    this.webhooks = webhooks;
    this.plugins = site.plugins;
    this.eventsLog = eventsLog;
    this.http = { url: url(), switches: http.switches, requests: http.requests };
    site.onEvent((event) => this.events.push(event));
  }

  onEvent(hear: (event: GerritEvent) => void): () => void {
    return this.#site.onEvent(hear);
  }

  createAccount(wanted: NewAccount): GerritAccount {
    return this.#site.accounts.addAccount(wanted);
  }

  createGroup(wanted: NewGroup): GerritGroup {
    return this.#site.accounts.addGroup(wanted);
  }

  account(username: string): GerritAccount {
    return this.#site.accounts.named(username);
  }

  group(nameOrUuid: string): GerritGroup {
    return this.#site.accounts.groupNamed(nameOrUuid);
  }

  deactivate(username: string): void {
    this.account(username).active = false;
    this.ssh.closeConnections(username);
  }

  createProject(wanted: NewProject, by = 'admin'): Promise<GerritProject> {
    return this.#site.createProject(wanted, this.account(by));
  }

  project(name: string): GerritProject {
    return this.#site.project(name);
  }

  setAccess(project: string, access: AccessSections, by = 'admin'): Promise<void> {
    return this.#site.setAccess(this.project(project), access, this.account(by));
  }

  configure(name: string, settings: Partial<Pick<GerritProject, 'labels' | 'requirements' | 'submitType'>>, by = 'admin'): Promise<void> {
    const project = Object.assign(this.project(name), settings);
    return this.#site.write(() => this.#site.configured(project, this.account(by)));
  }

  resolve(url: string): SourceRepository | undefined {
    if (!url.startsWith(`${this.http.url}/`)) return undefined;
    const name = url
      .slice(this.http.url.length + 1)
      .replace(/^a\//, '')
      .replace(/\.git$/, '');
    return this.#site.projects.get(name)?.bare;
  }

  async createChange(wanted: NewChange): Promise<Change> {
    const by = this.account(wanted.by ?? 'admin');
    const project = this.project(wanted.project);
    const { branch = project.branch, topic, hashtags, workInProgress, isPrivate } = wanted;
    const made = await this.#site.write(async () => {
      const parent = await this.#base(project, branch, wanted.onto);
      const message = `${wanted.subject ?? 'Change files'}\n\nChange-Id: ${newChangeId()}\n`;
      const tip = await project.git.make({ parent, files: wanted.files, message, author: by, at: this.#site.now() });
      return upload(this.#site, { project, branch, tip, by, topic, hashtags, workInProgress, isPrivate });
    });
    const change = made.at(-1)?.change;
    if (change === undefined) throw new Error('no change was made');
    return change;
  }

  async amend(
    change: Change,
    { files, subject, by }: { files: Readonly<Record<string, string | null>>; subject?: string; by?: string },
  ): Promise<Change> {
    const project = this.project(change.project);
    const uploader = by === undefined ? change.owner : this.account(by);
    await this.#site.write(async () => {
      const { revision, parents, message } = currentPatchSet(change);
      const whole = subject === undefined ? message : `${subject}\n\nChange-Id: ${change.changeId}\n`;
      const onto = await project.git.make({ parent: revision, files, message: whole, author: change.owner, at: this.#site.now() });
      const tip = await project.git.reparented(onto, parents);
      return upload(this.#site, { project, branch: change.branch, tip, by: uploader });
    });
    return change;
  }

  async vote(
    change: Change,
    vote: { by?: string; label?: string; value: number; message?: string; tag?: string; onBehalfOf?: string },
  ): Promise<void> {
    const { by = 'admin', label = 'Code-Review', value, message, tag, onBehalfOf } = vote;
    const voter = onBehalfOf === undefined ? undefined : this.account(onBehalfOf);
    await this.review(change, by, { labels: { [label]: value }, message, tag, onBehalfOf: voter });
  }

  comment(change: Change, message: string, by = 'admin', tag?: string): Promise<void> {
    return this.review(change, by, { message, tag });
  }

  async review(change: Change, by: string, wanted: Review): Promise<void> {
    await this.#site.write(() => review(this.#site, change, this.account(by), wanted));
  }

  override(change: Change, requirement: string, status: string): void {
    change.overrides.set(requirement, status);
  }

  submit(change: Change, by = 'admin'): Promise<readonly Change[]> {
    return this.#site.write(() => submit(this.#site, change, this.account(by)));
  }

  async pushWithSubmit(wanted: NewChange): Promise<Change> {
    const change = await this.createChange(wanted);
    await this.#site.write(() => submit(this.#site, change, this.account(wanted.by ?? 'admin'), true));
    return change;
  }

  revert(change: Change, by = 'admin'): Promise<Change> {
    return this.#site.write(() => revert(this.#site, change, this.account(by)));
  }

  push(push: DirectPush): Promise<string> {
    const project = this.project(push.project);
    const { branch = project.branch, message = 'Change files', files = {} } = push;
    const by = this.account(push.by ?? 'admin');
    return this.#site.write(async () => {
      const ref = `refs/heads/${branch}`;
      const before = await project.git.ref(ref);
      const made = { parent: push.onto ?? before, files, message: `${message}\n`, author: by, at: this.#site.now() };
      const after = push.commit ?? (await project.git.make(made));
      await pushDirectly(this.#site, project, { ref, before, after }, by);
      return after;
    });
  }

  async createBranch(project: string, branch: string, from?: string, by = 'admin'): Promise<void> {
    const after = from ?? (await this.project(project).git.ref(`refs/heads/${this.project(project).branch}`));
    await this.#move(project, `refs/heads/${branch}`, after, by);
  }

  deleteBranch(project: string, branch: string, by = 'admin'): Promise<void> {
    return this.#move(project, `refs/heads/${branch}`, ZEROS, by);
  }

  tag(project: string, tag: string, commit: string, by = 'admin'): Promise<void> {
    return this.#move(project, `refs/tags/${tag}`, commit, by);
  }

  change(number: number): Change {
    return this.#site.change(number);
  }

  messages(change: Change): readonly ChangeMessage[] {
    return change.messages;
  }

  skipTo(number: number): void {
    this.#site.skipTo(number);
  }

  staleReads(count: number): void {
    this.#site.staleReads = count;
  }

  async stop(): Promise<void> {
    this.webhooks.restart();
    await Promise.all([this.ssh.stop(), this.#server.stop()]);
    await this.#site.write(() => Promise.resolve());
  }

  async #base({ git }: GerritProject, branch: string, onto: Change | string | undefined): Promise<string> {
    if (typeof onto === 'string') return onto;
    return onto === undefined ? git.ref(`refs/heads/${branch}`) : currentPatchSet(onto).revision;
  }

  async #move(name: string, ref: string, after: string, by: string): Promise<void> {
    const project = this.project(name);
    await this.#site.write(async () =>
      pushDirectly(this.#site, project, { ref, before: await project.git.ref(ref), after }, this.account(by)),
    );
  }
}
