import { type Change, currentPatchSet } from '#sandbox/gerrit/change.ts';
import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { isDeletion, person } from '#sandbox/gerrit/events.ts';
import { type CommitFacts, type RefMove, ZEROS } from '#sandbox/gerrit/git/project-git.ts';
import type { GerritProject } from '#sandbox/gerrit/project.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import { review } from '#sandbox/gerrit/review.ts';
import type { Site } from '#sandbox/gerrit/site.ts';
import { close, submit } from '#sandbox/gerrit/submit.ts';
import { addPatchSet, changeIdOf, metaMove, say, upload, type Uploaded } from '#sandbox/gerrit/upload.ts';

/** What became of one command of a push. */
export interface Pushed {
  readonly ref: string;
  /** Why it was refused; undefined = it was taken. */
  readonly refused?: string;
  /** Lines for the pusher (`remote: …`). */
  readonly says: readonly string[];
  readonly changes: readonly Change[];
}

/** Does what a push asks, command by command: `refs/for/<branch>[%options]` makes changes, other refs move. */
export async function takePush(
  site: Site,
  project: GerritProject,
  commands: readonly RefMove[],
  by: GerritAccount,
): Promise<readonly Pushed[]> {
  const results: Pushed[] = [];
  for (const command of commands) results.push(await take(site, project, command, by));
  return results;
}

/** Moves a ref as a push does; commits of open changes close them. @throws Refusal 403 */
export async function pushDirectly(site: Site, project: GerritProject, move: RefMove, by: GerritAccount): Promise<readonly Change[]> {
  await assertAllowed(site, project, move, by);
  const closed = move.ref.startsWith('refs/heads/') && !isDeletion(move) ? await closedBy(site, project, move) : [];
  await site.move(project, [move], by);
  if (move.ref === 'refs/meta/config') project.config = move.after;
  for (const { change, commit } of closed) await autoClose(site, project, change, commit, move.after, by);
  return closed.map(({ change }) => change);
}

async function take(site: Site, project: GerritProject, command: RefMove, by: GerritAccount): Promise<Pushed> {
  const { ref } = command;
  try {
    const magic = /^refs\/for\/(?:refs\/heads\/)?([^%]+)(?:%(.*))?$/.exec(ref);
    if (magic === null) return { ref, says: [], changes: await pushDirectly(site, project, command, by) };
    const made = await takeReview(site, project, { branch: magic[1] ?? '', options: magic[2] ?? '', tip: command.after }, by);
    return { ref, says: summary(site, made), changes: made.map(({ change }) => change) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ref, refused: error.message, says: [`error: ${error.message}`], changes: [] };
  }
}

interface ForReview {
  readonly branch: string;
  /** `topic=t,hashtag=h,wip,private,submit,l=Code-Review+2` (user-upload.txt). */
  readonly options: string;
  readonly tip: string;
}

async function takeReview(site: Site, project: GerritProject, wanted: ForReview, by: GerritAccount): Promise<readonly Uploaded[]> {
  const { branch, tip } = wanted;
  if (!site.access.may(by, project, `refs/for/refs/heads/${branch}`, 'push')) throw new Refusal(403, 'not permitted: create change');
  const options = wanted.options.split(',').filter((each) => each !== '');
  const values = (key: string): string[] =>
    options.flatMap((each) => (each.startsWith(`${key}=`) ? [decodeURIComponent(each.slice(key.length + 1))] : []));
  const [topic] = values('topic');
  const [workInProgress, isPrivate] = [options.includes('wip'), options.includes('private')];
  const hashtags = [...values('hashtag'), ...values('t')];
  const made = await upload(site, { project, branch, tip, by, topic, hashtags, workInProgress, isPrivate });
  const labels = votesOf([...values('l'), ...values('label')]);
  const message = values('m').concat(values('message'))[0]?.replaceAll('_', ' ');
  if (Object.keys(labels).length > 0) for (const { change } of made) await review(site, change, by, { labels, message });
  if (options.includes('submit')) for (const { change } of made) if (change.status === 'NEW') await submit(site, change, by, true);
  return made;
}

/** `Code-Review+2`, or `Verified` for +1. */
function votesOf(labels: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    labels.map((text): [string, number] => {
      const [, label = text, value = '+1'] = /^(.*?)([+-]\d+)?$/.exec(text) ?? [];
      return [label, Number(value)];
    }),
  );
}

function summary(site: Site, made: readonly Uploaded[]): readonly string[] {
  const count = (isNew: boolean): number => made.filter((each) => each.isNew === isNew).length;
  const counts = [count(true) > 0 ? `new: ${count(true)}` : '', count(false) > 0 ? `updated: ${count(false)}` : ''].filter(
    (each) => each !== '',
  );
  const lines = made.map(
    ({ change, isNew }) => `  ${site.options.url()}/c/${change.project}/+/${change.number} ${change.subject}${isNew ? ' [NEW]' : ''}`,
  );
  return [`Processing changes: refs: ${made.length}, ${counts.join(', ')}, done`, '', 'SUCCESS', '', ...lines, ''];
}

async function assertAllowed(site: Site, project: GerritProject, move: RefMove, by: GerritAccount): Promise<void> {
  const { ref, before, after } = move;
  const creates = before === ZEROS;
  const forced = !creates && (isDeletion(move) || !(await project.git.isAncestor(before, after)));
  const permission = creates ? 'create' : 'push';
  if (site.access.may(by, project, ref, permission, forced)) return;
  const what = creates ? 'create' : isDeletion(move) ? 'delete' : forced ? 'force update' : 'update';
  throw new Refusal(403, `prohibited by Gerrit: not permitted: ${what}`);
}

interface Closing {
  readonly change: Change;
  readonly commit: CommitFacts;
}

/** Open changes of the branch whose commit, or whose Change-Id, is among what comes. */
async function closedBy(site: Site, project: GerritProject, { ref, before, after }: RefMove): Promise<readonly Closing[]> {
  const open = site.changes.filter((each) => each.status === 'NEW' && each.project === project.name && `refs/heads/${each.branch}` === ref);
  if (open.length === 0) return [];
  const commits = await project.git.range(after, [before]);
  return open.flatMap((change) => {
    const commit = commits.find(
      ({ id, message }) => change.patchSets.some(({ revision }) => revision === id) || changeIdOf(message) === change.changeId,
    );
    return commit === undefined ? [] : [{ change, commit }];
  });
}

async function autoClose(
  site: Site,
  project: GerritProject,
  change: Change,
  commit: CommitFacts,
  tip: string,
  by: GerritAccount,
): Promise<void> {
  const moves: RefMove[] = [];
  if (!change.patchSets.some(({ revision }) => revision === commit.id)) {
    const { ref, revision } = await addPatchSet(site, change, commit, by);
    moves.push({ ref, before: ZEROS, after: revision });
  }
  change.autoClosed = true;
  close(site, change, by, String(change.number), false);
  say(site, change, by, `Change has been successfully pushed.`, { tag: 'autogenerated:gerrit:merged' });
  moves.push(await metaMove(site, change, by, 'Update patch set'));
  await site.move(project, moves, by);
  site.publish(site.events.change('change-merged', change, { submitter: person(by), newRev: tip }, true, currentPatchSet(change)));
}
