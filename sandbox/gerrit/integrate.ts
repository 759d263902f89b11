import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { type Change, currentPatchSet, standingVotes } from '#sandbox/gerrit/change.ts';
import { type CommitFacts, type RefMove, ZEROS } from '#sandbox/gerrit/git/project-git.ts';
import type { GerritProject } from '#sandbox/gerrit/project.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import { signed } from '#sandbox/gerrit/review.ts';
import type { Site } from '#sandbox/gerrit/site.ts';
import { addPatchSet } from '#sandbox/gerrit/upload.ts';
import { writeCommit } from '#sandbox/git/write-object.ts';

interface Integrated {
  /** The branch's head after all of them. */
  readonly tip: string;
  /** Refs of patch sets that the strategy has made. */
  readonly patchSets: readonly RefMove[];
}

/** Brings changes of one branch into it by its project's submit type, without moving the branch. @throws Refusal 409 on conflicts */
export async function integrate(
  site: Site,
  project: GerritProject,
  branch: string,
  changes: readonly Change[],
  by: GerritAccount,
): Promise<Integrated> {
  let tip = await project.git.ref(`refs/heads/${branch}`);
  const patchSets: RefMove[] = [];
  for (const change of changes) {
    const { revision } = currentPatchSet(change);
    if (await project.git.isAncestor(revision, tip)) continue;
    tip = await advance(site, project, change, tip, by);
    const now = currentPatchSet(change);
    if (now.revision !== revision) patchSets.push({ ref: now.ref, before: ZEROS, after: now.revision });
  }
  return { tip, patchSets };
}

async function advance(site: Site, project: GerritProject, change: Change, tip: string, by: GerritAccount): Promise<string> {
  const { revision } = currentPatchSet(change);
  const forward = await project.git.isAncestor(tip, revision);
  switch (project.submitType) {
    case 'FAST_FORWARD_ONLY':
      if (!forward)
        throw conflict(
          change,
          'Project policy requires all submissions to be a fast-forward. Please rebase the change locally and upload again for review.',
        );
      return revision;
    case 'MERGE_IF_NECESSARY':
      return forward ? revision : merge(site, project, change, tip, by);
    case 'MERGE_ALWAYS':
      return merge(site, project, change, tip, by);
    case 'CHERRY_PICK':
      return pick(site, project, change, tip, by);
    case 'REBASE_IF_NECESSARY':
      return forward ? revision : pick(site, project, change, tip, by);
  }
}

async function merge(site: Site, project: GerritProject, change: Change, tip: string, by: GerritAccount): Promise<string> {
  const { revision } = currentPatchSet(change);
  const tree = await project.git.mergedTree(tip, revision);
  if (tree === undefined) throw conflict(change, 'Change could not be merged due to a path conflict.');
  const message = `Merge "${change.subject}"\n`;
  return writeCommit(project.bare.directory, { tree, parents: [tip, revision], author: by, at: site.now(), message });
}

/** A new patch set on the tip. Cherry-picks carry footers, rebases the message as it is. */
async function pick(site: Site, project: GerritProject, change: Change, tip: string, by: GerritAccount): Promise<string> {
  const commit = await project.git.commit(currentPatchSet(change).revision);
  const tree = commit === undefined ? undefined : await project.git.pickedTree(tip, commit);
  if (commit === undefined || tree === undefined) throw conflict(change, 'Change could not be merged due to a path conflict.');
  const message = project.submitType === 'CHERRY_PICK' ? `${commit.message}${footers(site, project, change)}` : commit.message;
  const id = await writeCommit(project.bare.directory, {
    tree,
    parents: [tip],
    author: commit.author,
    committer: by,
    at: commit.author.at,
    committedAt: site.now(),
    message,
  });
  await addPatchSet(site, change, await made(project, id), by);
  return id;
}

async function made(project: GerritProject, id: string): Promise<CommitFacts> {
  const commit = await project.git.commit(id);
  if (commit === undefined) throw new Error(`git does not know ${id}`);
  return commit;
}

function conflict(change: Change, reason: string): Refusal {
  return new Refusal(409, `Failed to submit 1 change due to the following problems:\nChange ${change.number}: ${reason}`);
}

/** Footers of the cherry-pick strategy (`project-configuration.txt`, Cherry Pick). */
function footers(site: Site, project: GerritProject, change: Change): string {
  const votes = standingVotes(change).filter((vote) => vote.value > 0);
  const reviewed = votes.map(({ label, value, account }) => {
    const by = `${account.name} <${account.email}>`;
    return label === 'Code-Review' ? `Reviewed-by: ${by}` : `${label}${signed(value)}: ${by}`;
  });
  return [`Reviewed-on: ${site.options.url()}/c/${project.name}/+/${change.number}`, ...reviewed].map((line) => `${line}\n`).join('');
}
