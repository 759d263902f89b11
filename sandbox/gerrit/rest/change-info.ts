import type { Who } from '#sandbox/gerrit/access.ts';
import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { type Change, currentPatchSet, type PatchSet } from '#sandbox/gerrit/change.ts';
import type { CommitFacts } from '#sandbox/gerrit/git/project-git.ts';
import type { GerritProject } from '#sandbox/gerrit/project.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import { accountInfo } from '#sandbox/gerrit/rest/account-info.ts';
import { timestamp } from '#sandbox/gerrit/rest/call.ts';
import { filesInfo } from '#sandbox/gerrit/rest/files-info.ts';
import { labelsInfo, permittedLabels, requirementsInfo, submitRecords } from '#sandbox/gerrit/rest/label-info.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

const known: ReadonlySet<string> = new Set([
  ...['LABELS', 'DETAILED_LABELS', 'CURRENT_REVISION', 'ALL_REVISIONS', 'CURRENT_COMMIT', 'ALL_COMMITS', 'CURRENT_FILES', 'ALL_FILES'],
  ...[
    'DETAILED_ACCOUNTS',
    'REVIEWER_UPDATES',
    'MESSAGES',
    'CURRENT_ACTIONS',
    'CHANGE_ACTIONS',
    'REVIEWED',
    'SKIP_MERGEABLE',
    'SKIP_DIFFSTAT',
  ],
  ...[
    'SUBMITTABLE',
    'WEB_LINKS',
    'CHECK',
    'COMMIT_FOOTERS',
    'PUSH_CERTIFICATES',
    'TRACKING_IDS',
    'SUBMIT_REQUIREMENTS',
    'DOWNLOAD_COMMANDS',
  ],
  ...['CUSTOM_KEYED_VALUES', 'STAR', 'PARENTS', 'NO-SUBMIT_REQUIREMENTS'],
]);

export type Options = ReadonlySet<string>;

/** What `o=` asks for. @throws Refusal 400 */
export function optionsOf(query: URLSearchParams, more: readonly string[] = []): Options {
  const asked = query.getAll('o');
  const unknown = asked.find((each) => !known.has(each));
  if (unknown !== undefined) throw new Refusal(400, `"${unknown}" is not a valid value for "-o"`);
  return new Set([...asked, ...more]);
}

/** ChangeInfo (rest-api-changes.txt). */
export async function changeInfo(site: Site, who: Who, change: Change, options: Options): Promise<Record<string, unknown>> {
  const project = site.project(change.project);
  const account = (each: GerritAccount): object => accountInfo(site, each, options.has('DETAILED_ACCOUNTS'));
  const patchSet = currentPatchSet(change);
  return {
    ...identity(change),
    ...attention(change, account),
    hashtags: change.hashtags,
    change_id: change.changeId,
    subject: change.subject,
    status: change.status,
    created: timestamp(change.created),
    updated: timestamp(change.updated),
    ...submission(change, account),
    ...(change.status === 'NEW' ? { submit_type: project.submitType } : {}),
    insertions: patchSet.insertions,
    deletions: patchSet.deletions,
    total_comment_count: 0,
    unresolved_comment_count: 0,
    has_review_started: true,
    ...(change.workInProgress ? { work_in_progress: true } : {}),
    ...(change.isPrivate ? { is_private: true } : {}),
    ...(change.revertOf === undefined ? {} : { revert_of: change.revertOf }),
    ...(change.submissionId === undefined ? {} : { submission_id: change.submissionId }),
    meta_rev_id: change.meta,
    _number: change.number,
    virtual_id_number: change.number,
    owner: account(change.owner),
    ...(options.has('LABELS') || options.has('DETAILED_LABELS') ? reviewInfo(site, who, project, change, options, account) : {}),
    ...(options.has('MESSAGES') ? { messages: messagesInfo(change, account) } : {}),
    current_revision_number: patchSet.number,
    ...(await revisionsInfo(site, project, change, options, account)),
    requirements: [],
    submit_records: submitRecords(project, change, account),
    ...(options.has('SUBMIT_REQUIREMENTS') ? { submit_requirements: requirementsInfo(project, change) } : {}),
  };
}

export function commitInfo({ id, parents, author, committer, subject, message }: CommitFacts, subjects: ReadonlyMap<string, string>) {
  const person = ({ name, email, at }: CommitFacts['author']): object => ({ name, email, date: timestamp(at), tz: 0 });
  return {
    commit: id,
    parents: parents.map((commit) => ({ commit, subject: subjects.get(commit) ?? '' })),
    author: person(author),
    committer: person(committer),
    subject,
    message,
  };
}

function identity({ project, branch, number, changeId, topic }: Change): object {
  const name = encodeURIComponent(project);
  return {
    id: `${name}~${number}`,
    triplet_id: `${name}~${encodeURIComponent(branch)}~${changeId}`,
    project,
    branch,
    full_branch: `refs/heads/${branch}`,
    ...(topic === undefined ? {} : { topic }),
  };
}

/** Who had to act; a change that was closed by a push shows neither. */
function attention(change: Change, account: (each: GerritAccount) => object): object {
  if (change.status !== 'MERGED') return { attention_set: {}, removed_from_attention_set: {} };
  if (change.autoClosed || change.requirements?.some(({ status }) => status === 'FORCED') === true) return {};
  const removed = {
    account: account(change.owner),
    last_update: timestamp(change.submitted ?? change.updated),
    reason: 'Change was submitted',
  };
  return { attention_set: {}, removed_from_attention_set: { [change.owner.id]: removed } };
}

function submission({ submitted, submitter }: Change, account: (each: GerritAccount) => object): object {
  if (submitted === undefined || submitter === undefined) return {};
  return { submitted: timestamp(submitted), submitter: account(submitter) };
}

function reviewInfo(
  site: Site,
  who: Who,
  project: GerritProject,
  change: Change,
  options: Options,
  account: (each: GerritAccount) => object,
): object {
  const reviewers = [...change.reviewers];
  const detailed = options.has('DETAILED_LABELS');
  return {
    labels: labelsInfo(site, project, change, { all: detailed, summary: options.has('LABELS') }, account),
    ...(detailed && who !== undefined ? { permitted_labels: permittedLabels(site, who, project, change) } : {}),
    removable_labels: {},
    ...(detailed
      ? { removable_reviewers: [], reviewers: reviewers.length === 0 ? {} : { REVIEWER: reviewers.map(account) }, pending_reviewers: {} }
      : {}),
  };
}

function messagesInfo(change: Change, account: (each: GerritAccount) => object): readonly object[] {
  return change.messages.map(({ id, tag, author, realAuthor, at, message, patchSet }) => ({
    id,
    ...(tag === undefined ? {} : { tag }),
    ...(author === undefined ? {} : { author: account(author) }),
    ...(realAuthor === undefined ? {} : { real_author: account(realAuthor) }),
    date: timestamp(at),
    message,
    accounts_in_message: [],
    _revision_number: patchSet,
  }));
}

async function revisionsInfo(
  site: Site,
  project: GerritProject,
  change: Change,
  options: Options,
  account: (each: GerritAccount) => object,
): Promise<object> {
  const current = currentPatchSet(change);
  const all = options.has('ALL_REVISIONS') || options.has('ALL_COMMITS');
  if (!all && !['CURRENT_REVISION', 'CURRENT_COMMIT', 'CURRENT_FILES'].some((each) => options.has(each))) return {};
  const shown = all ? change.patchSets : [current];
  const entries = shown.map(async (each): Promise<[string, object]> => {
    const commit = options.has('ALL_COMMITS') || (options.has('CURRENT_COMMIT') && each === current);
    const fetch = site.plugins.downloadCommands ? { http: { url: `${site.options.url()}/${project.name}`, ref: each.ref } } : {};
    const files = options.has('ALL_FILES') || (options.has('CURRENT_FILES') && each === current);
    return [
      each.revision,
      {
        ...revisionInfo(change, each, account),
        fetch,
        ...(commit ? { commit: await commitOf(project, each.revision) } : {}),
        ...(files ? { files: await filesInfo(project, each.revision) } : {}),
      },
    ];
  });
  return { current_revision: current.revision, revisions: Object.fromEntries(await Promise.all(entries)) };
}

function revisionInfo(change: Change, patchSet: PatchSet, account: (each: GerritAccount) => object): object {
  const { kind, number, created, uploader, ref, description } = patchSet;
  const more = description === undefined ? {} : { description };
  return {
    kind,
    _number: number,
    created: timestamp(created),
    uploader: account(uploader),
    ref,
    fetch: {},
    branch: `refs/heads/${change.branch}`,
    ...more,
  };
}

async function commitOf(project: GerritProject, id: string): Promise<object | undefined> {
  const commit = await project.git.commit(id);
  if (commit === undefined) return undefined;
  const { commit: _id, ...info } = commitInfo(commit, await subjectsOf(project, commit));
  return info;
}

export async function subjectsOf(project: GerritProject, { parents }: CommitFacts): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(parents.map((id) => project.git.commit(id)));
  return new Map(found.flatMap((each): [string, string][] => (each === undefined ? [] : [[each.id, each.subject]])));
}
