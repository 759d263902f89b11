import { createHash, randomBytes } from 'node:crypto';
import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { type Change, changeRef, currentPatchSet, type PatchSet, type PatchSetKind, standingVotes } from '#sandbox/gerrit/change.ts';
import { person } from '#sandbox/gerrit/events.ts';
import { type CommitFacts, type RefMove, ZEROS } from '#sandbox/gerrit/git/project-git.ts';
import type { GerritProject } from '#sandbox/gerrit/project.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

/** A push to `refs/for/<branch>`. */
export interface Upload {
  readonly project: GerritProject;
  /** Short name. */
  readonly branch: string;
  /** The last commit. */
  readonly tip: string;
  readonly by: GerritAccount;
  readonly topic?: string | undefined;
  readonly hashtags?: readonly string[] | undefined;
  readonly workInProgress?: boolean | undefined;
  readonly isPrivate?: boolean | undefined;
  readonly revertOf?: number | undefined;
}

export interface Uploaded {
  readonly change: Change;
  readonly isNew: boolean;
}

/** Makes a change, or a patch set of one, of each commit that the branch does not have. @throws Refusal 409 */
export async function upload(site: Site, wanted: Upload): Promise<readonly Uploaded[]> {
  const { project, branch, tip, by } = wanted;
  const head = await project.git.ref(`refs/heads/${branch}`);
  if (head === ZEROS) throw new Refusal(409, `branch ${branch} not found`);
  const commits = await project.git.range(tip, [head]);
  const made: Uploaded[] = [];
  for (const commit of commits) {
    const each = await receive(site, wanted, commit);
    if (each !== undefined) made.push(each);
  }
  if (made.length === 0) throw new Refusal(409, 'no new changes');
  await announce(site, project, made, by);
  for (const { change } of made) {
    if (wanted.topic !== undefined) tellTopic(site, change, by);
  }
  return made;
}

export function tellTopic(site: Site, change: Change, by: GerritAccount, oldTopic = change.topic): void {
  site.publish(
    site.events.change('topic-changed', change, { changer: person(by), ...(oldTopic === undefined ? {} : { oldTopic }) }, false),
  );
}

/** A fresh Change-Id. */
export function newChangeId(): string {
  return `I${randomBytes(20).toString('hex')}`;
}

/** The Change-Id in a commit message's last paragraph. */
export function changeIdOf(message: string): string | undefined {
  return [...message.matchAll(/^Change-Id: (I[0-9a-f]{40})$/gm)].at(-1)?.[1];
}

/** Adds a patch set to a change; its refs have still to be moved. */
export async function addPatchSet(
  site: Site,
  change: Change,
  commit: CommitFacts,
  by: GerritAccount,
  description?: string,
): Promise<PatchSet> {
  const before = change.patchSets.at(-1);
  const number = (before?.number ?? 0) + 1;
  const kind = before === undefined ? 'REWORK' : await kindOf(site.project(change.project), before, commit);
  const patchSet: PatchSet = {
    number,
    revision: commit.id,
    parents: commit.parents,
    ref: `${changeRef(change.number)}/${number}`,
    uploader: by,
    author: { name: commit.author.name, email: commit.author.email },
    created: site.now(),
    kind,
    message: commit.message,
    insertions: commit.insertions,
    deletions: commit.deletions,
    ...(description === undefined ? {} : { description }),
  };
  const votes = before === undefined ? [] : standingVotes(change);
  change.patchSets.push(patchSet);
  change.subject = commit.subject;
  change.updated = site.now();
  // Code-Review's copy condition: changekind:NO_CHANGE OR changekind:TRIVIAL_REBASE OR is:MIN
  const copies = votes.filter((vote) => kind === 'NO_CHANGE' || kind === 'TRIVIAL_REBASE' || vote.value === -2);
  change.votes.push(...copies.map((vote) => ({ ...vote, patchSet: number })));
  return patchSet;
}

/** @param text without `Patch Set N:` */
export function say(
  site: Site,
  change: Change,
  author: GerritAccount | undefined,
  message: string,
  more: { tag?: string; realAuthor?: GerritAccount } = {},
): void {
  const id = createHash('sha1').update(`${change.number} ${change.messages.length}`).digest('hex');
  change.messages.push({ id, author, at: site.now(), message, patchSet: currentPatchSet(change).number, ...more });
  change.updated = site.now();
}

/** Moves `refs/changes/NN/N/meta` on. */
export async function metaMove(site: Site, change: Change, by: GerritAccount, what: string): Promise<RefMove> {
  const before = change.meta;
  change.meta = await site.metaCommit(site.project(change.project), before, by, what);
  return { ref: `${changeRef(change.number)}/meta`, before, after: change.meta };
}

async function receive(site: Site, wanted: Upload, commit: CommitFacts): Promise<Uploaded | undefined> {
  const changeId = changeIdOf(commit.message);
  if (changeId === undefined) throw new Refusal(409, `commit ${commit.id.slice(0, 7)}: missing Change-Id in message footer`);
  const known = site.changes.find(
    (each) => each.changeId === changeId && each.project === wanted.project.name && each.branch === wanted.branch,
  );
  if (known === undefined) return { change: await newChange(site, wanted, commit, changeId), isNew: true };
  if (known.status !== 'NEW') throw new Refusal(409, `change ${site.options.url()}/c/${known.project}/+/${known.number} closed`);
  if (currentPatchSet(known).revision === commit.id) return undefined;
  const { number } = await addPatchSet(site, known, commit, wanted.by);
  if (wanted.topic !== undefined) known.topic = wanted.topic;
  say(site, known, wanted.by, `Uploaded patch set ${number}.`, { tag: 'autogenerated:gerrit:newPatchSet' });
  return { change: known, isNew: false };
}

async function newChange(site: Site, wanted: Upload, commit: CommitFacts, changeId: string): Promise<Change> {
  const change: Change = {
    number: site.nextNumber(),
    changeId,
    project: wanted.project.name,
    branch: wanted.branch,
    owner: wanted.by,
    created: site.now(),
    ...(wanted.revertOf === undefined ? {} : { revertOf: wanted.revertOf }),
    subject: commit.subject,
    ...(wanted.topic === undefined ? {} : { topic: wanted.topic }),
    hashtags: [...(wanted.hashtags ?? [])],
    status: 'NEW',
    updated: site.now(),
    workInProgress: wanted.workInProgress ?? false,
    isPrivate: wanted.isPrivate ?? false,
    autoClosed: false,
    overrides: new Map(),
    patchSets: [],
    votes: [],
    messages: [],
    reviewers: new Set(),
    meta: ZEROS,
    stale: 0,
  };
  await addPatchSet(site, change, commit, wanted.by);
  say(site, change, wanted.by, 'Uploaded patch set 1.', { tag: 'autogenerated:gerrit:newPatchSet' });
  site.changes.push(change);
  return change;
}

/** First the refs of all patch sets, then those of all changes, then `patchset-created`, as one push is told. */
async function announce(site: Site, project: GerritProject, made: readonly Uploaded[], by: GerritAccount): Promise<void> {
  const patchSets = made.map(({ change }): RefMove => {
    const { ref, revision } = currentPatchSet(change);
    return { ref, before: ZEROS, after: revision };
  });
  const metas = await Promise.all(made.map(({ change }) => metaMove(site, change, by, 'Create patch set')));
  await site.move(project, [...patchSets, ...metas], by);
  for (const { change } of made) site.publish(site.events.change('patchset-created', change, { uploader: person(by) }));
}

async function kindOf({ git }: GerritProject, before: PatchSet, now: CommitFacts): Promise<PatchSetKind> {
  const old = await git.commit(before.revision);
  if (old === undefined) return 'REWORK';
  const sameMessage = old.message === now.message;
  if (old.tree === now.tree && old.parents.join() === now.parents.join()) return sameMessage ? 'NO_CHANGE' : 'NO_CODE_CHANGE';
  const [parent] = now.parents;
  if (parent === undefined || (await git.pickedTree(parent, old)) !== now.tree) return 'REWORK';
  return sameMessage ? 'TRIVIAL_REBASE' : 'NO_CODE_CHANGE';
}
