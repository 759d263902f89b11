import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { BareRepository } from '#sandbox/git/bare-repository.ts';
import type { GitRunner } from '#sandbox/git/git-runner.ts';
import { EMPTY_TREE, writeCommit, writeTree } from '#sandbox/git/write-object.ts';
import { Access, type Who } from '#sandbox/gerrit/access.ts';
import { AccountBook, type GerritAccount } from '#sandbox/gerrit/account.ts';
import type { Change } from '#sandbox/gerrit/change.ts';
import { EventWriter, type GerritEvent } from '#sandbox/gerrit/events.ts';
import { ProjectGit, type RefMove, ZEROS } from '#sandbox/gerrit/git/project-git.ts';
import {
  ALL_PROJECTS,
  codeReview,
  codeReviewRequired,
  type AccessSections,
  type GerritProject,
  initialAccess,
  type NewProject,
  noUnresolvedComments,
} from '#sandbox/gerrit/project.ts';

/** Which plugins are installed. */
export interface Plugins {
  webhooks: boolean;
  eventsLog: boolean;
  /** Says in REST how to fetch a patch set. */
  downloadCommands: boolean;
}

export interface SiteOptions {
  readonly clock: Clock;
  readonly git: GitRunner;
  /** Where the repositories lie. */
  readonly directory: string;
  /** `gerrit.instanceId`; undefined = events carry none. */
  readonly instanceId?: string | undefined;
  /** `event.stream-events.enableBatchRefUpdatedEvents`. */
  readonly batchRefUpdated: boolean;
  /** `change.submitWholeTopic`. */
  readonly submitWholeTopic: boolean;
  readonly url: () => string;
}

/** What is true on the server: accounts, projects, changes, and the events about them. Writes happen one after another. */
export class Site {
  readonly options: SiteOptions;
  readonly accounts: AccountBook;
  readonly access: Access;
  readonly events: EventWriter;
  readonly projects = new Map<string, GerritProject>();
  readonly changes: Change[] = [];
  readonly plugins: Plugins = { webhooks: true, eventsLog: true, downloadCommands: false };
  /** How many reads of a change still see it open after it was merged; of queries by commit every second finds nothing. */
  staleReads = 0;
  readonly #hearers = new Set<(event: GerritEvent) => void>();
  #last: Promise<unknown> = Promise.resolve();
  #number = 0;

  constructor(options: SiteOptions) {
    this.options = options;
    const now = (): number => options.clock.now();
    this.accounts = new AccountBook(now);
    this.access = new Access(this.accounts, () => this.project(ALL_PROJECTS));
    this.events = new EventWriter(this.accounts, now, options.url, options.instanceId);
  }

  async open(): Promise<void> {
    const administrators = this.accounts.groupNamed('Administrators').uuid;
    const access = initialAccess(administrators, this.accounts.groupNamed('Service Users').uuid);
    await this.#create(
      { name: ALL_PROJECTS, branch: 'meta/config', description: 'Access inherited by all other projects.', access },
      undefined,
    );
  }

  now(): number {
    return this.options.clock.now();
  }

  /** Runs a write when those before it have ended. */
  write<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#last.then(task);
    this.#last = run.catch(() => undefined); // the caller hears of it; the next write goes on
    return run;
  }

  /** @throws Error when there is none */
  project(name: string): GerritProject {
    const project = this.projects.get(name);
    if (project === undefined) throw new Error(`there is no project ${name}`);
    return project;
  }

  /** @throws Error when there is none */
  change(number: number): Change {
    const change = this.changes.find((each) => each.number === number);
    if (change === undefined) throw new Error(`there is no change ${number}`);
    return change;
  }

  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  /** Numbers of changes go on after this one. */
  skipTo(number: number): void {
    this.#number = Math.max(this.#number, number);
  }

  createProject(wanted: NewProject, by: Who): Promise<GerritProject> {
    return this.write(async () => {
      if (this.projects.has(wanted.name)) throw new Error(`Project already exists: ${wanted.name}`);
      const project = await this.#create(wanted, by);
      const { name, branch } = project;
      this.publish(this.events.projectCreated(name, `refs/heads/${branch}`));
      for (const ref of ['refs/meta/config', `refs/heads/${branch}`]) {
        this.tell(project, [{ ref, before: ZEROS, after: await project.git.ref(ref) }], by);
      }
      return project;
    });
  }

  /** Changes what a project grants: a commit on `refs/meta/config`. */
  setAccess(project: GerritProject, access: AccessSections, by: Who): Promise<void> {
    return this.write(async () => {
      project.access = access;
      await this.configured(project, by);
    });
  }

  /** Writes `refs/meta/config` anew after the project's settings have changed, and tells of it. */
  async configured(project: GerritProject, by: Who): Promise<void> {
    const before = project.config;
    const after = await this.#configCommit(project, [before], by);
    await this.move(project, [{ ref: 'refs/meta/config', before, after }], by);
  }

  /** Moves refs and tells of each. */
  async move(project: GerritProject, moves: readonly RefMove[], by: Who): Promise<void> {
    await project.git.update(moves);
    this.tell(project, moves, by);
  }

  /** `batch-ref-updated`, where it is on, comes before its `ref-updated`. */
  tell(project: GerritProject, moves: readonly RefMove[], by: Who): void {
    if (this.options.batchRefUpdated && moves.length > 0) this.publish(this.events.batchRefUpdated(project.name, moves, by));
    for (const move of moves) this.publish(this.events.refUpdated(project.name, move, by));
  }

  publish(event: GerritEvent): void {
    for (const hear of this.#hearers) hear(event);
  }

  /** @returns what ends it */
  onEvent(hear: (event: GerritEvent) => void): () => void {
    this.#hearers.add(hear);
    return () => void this.#hearers.delete(hear);
  }

  /** EventBroker.isVisibleTo; deletions of tags and of refs of changes reach administrators only. */
  sees(who: Who, event: GerritEvent): boolean {
    const project = this.projects.get(event.project);
    if (project === undefined) return this.accounts.isAdmin(who);
    const { ref, deletion } = event;
    if (ref === null) return this.access.readsProject(who, project);
    if (deletion && !ref.startsWith('refs/heads/')) return this.accounts.isAdmin(who);
    const change = this.changes.find((each) => each.number === event.change);
    if (change !== undefined) return this.access.readsChange(who, project, change);
    return this.access.reads(who, project, ref, this.changes);
  }

  /** A commit for `refs/changes/NN/N/meta`: its content is nobody's business here, its id moves. */
  metaCommit(project: GerritProject, parent: string, by: GerritAccount, message: string): Promise<string> {
    const parents = parent === ZEROS ? [] : [parent];
    const author = { name: `Gerrit User ${by.id}`, email: `${by.id}@gerrit` };
    return writeCommit(project.bare.directory, { tree: EMPTY_TREE, parents, author, at: this.now(), message: `${message}\n` });
  }

  async #create(wanted: NewProject, by: Who): Promise<GerritProject> {
    const { name, description, branch = 'main' } = wanted;
    const directory = join(this.options.directory, `${encodeURIComponent(name)}.git`);
    await mkdir(this.options.directory, { recursive: true });
    const bare = await BareRepository.create(directory, this.options.git, branch);
    const project: GerritProject = {
      name,
      description,
      bare,
      git: new ProjectGit(directory, this.options.git),
      branch,
      config: ZEROS,
      submitType: wanted.submitType ?? 'MERGE_IF_NECESSARY',
      access: wanted.access ?? {},
      labels: [codeReview, ...(wanted.labels ?? [])],
      requirements: [...(wanted.requirements ?? [codeReviewRequired]), noUnresolvedComments],
    };
    const moves = [{ ref: 'refs/meta/config', before: ZEROS, after: await this.#configCommit(project, [], by) }];
    if (name !== ALL_PROJECTS)
      moves.push({ ref: `refs/heads/${branch}`, before: ZEROS, after: await this.#firstCommit(project, wanted, by) });
    await project.git.update(moves);
    this.projects.set(name, project);
    return project;
  }

  async #firstCommit({ bare, git }: GerritProject, { files }: NewProject, by: Who): Promise<string> {
    const author = by ?? this.accounts.named('admin');
    const message = 'Initial empty repository\n';
    if (files !== undefined) return git.make({ parent: ZEROS, files, message, author, at: this.now() });
    return writeCommit(bare.directory, { tree: EMPTY_TREE, parents: [], author, at: this.now(), message });
  }

  async #configCommit(project: GerritProject, parents: readonly string[], by: Who): Promise<string> {
    const { access, labels, requirements, submitType } = project;
    const settings = JSON.stringify({ access, labels, requirements, submitType }, undefined, 2);
    const tree = await writeTree(project.bare.directory, { 'project.config': `${settings}\n` });
    const author = by ?? this.accounts.named('admin');
    project.config = await writeCommit(project.bare.directory, {
      tree,
      parents,
      author,
      at: this.now(),
      message: 'Modified project settings\n',
    });
    return project.config;
  }
}
