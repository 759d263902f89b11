import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { type Change, currentPatchSet, type RequirementResult, standingVotes } from '#sandbox/gerrit/change.ts';
import { person } from '#sandbox/gerrit/events.ts';
import type { GerritProject, Requirement } from '#sandbox/gerrit/project.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import type { Site } from '#sandbox/gerrit/site.ts';
import { metaMove, say } from '#sandbox/gerrit/upload.ts';

/** Characters of a message that Gerrit takes (`change.commentSizeLimit`). */
const MESSAGE_CHARS = 16_384;

export interface Review {
  readonly message?: string | undefined;
  readonly labels?: Readonly<Record<string, number>> | undefined;
  readonly tag?: string | undefined;
  /** Whose vote it is, when somebody else casts it. */
  readonly onBehalfOf?: GerritAccount | undefined;
}

/** Votes and messages of one person. @returns the labels that were taken @throws Refusal 400, 403 */
export async function review(site: Site, change: Change, by: GerritAccount, wanted: Review): Promise<Readonly<Record<string, number>>> {
  const { message = '', tag, onBehalfOf } = wanted;
  const { length } = message;
  if (length > MESSAGE_CHARS) {
    throw new Refusal(400, `One or more comments were rejected in validation: Comment size exceeds limit (${length} > ${MESSAGE_CHARS})`);
  }
  const project = site.project(change.project);
  const voter = onBehalfOf ?? by;
  const labels = takenLabels(site, project, change, voter, wanted.labels ?? {});
  if (message === '' && Object.keys(labels).length === 0) return labels;
  const before = standingVotes(change).filter((vote) => vote.account === voter);
  cast(site, change, voter, labels, tag);
  const voted = Object.entries(labels).map(([label, value]) => ` ${label}${signed(value)}`);
  const text = `Patch Set ${currentPatchSet(change).number}:${voted.join('')}${message === '' ? '' : `\n\n${message}`}`;
  say(site, change, voter, text, { ...(tag === undefined ? {} : { tag }), ...(onBehalfOf === undefined ? {} : { realAuthor: by }) });
  change.reviewers.add(voter);
  await site.move(project, [await metaMove(site, change, by, 'Update patch set')], by);
  site.publish(
    site.events.change('comment-added', change, { author: person(voter), ...approvals(project, change, labels, before), comment: text }),
  );
  return labels;
}

/** What the requirements of a project say of a change now. */
export function requirementsOf(project: GerritProject, change: Change): readonly RequirementResult[] {
  const votes = standingVotes(change).filter((vote) => !vote.postSubmit);
  return project.requirements.map((requirement) => judged(project, requirement, change, votes));
}

export function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

/** The greatest value of a label, and the least. */
export function rangeOf(project: GerritProject, label: string): { readonly min: number; readonly max: number } {
  const values = Object.keys(project.labels.find((each) => each.name === label)?.values ?? {}).map(Number);
  return { min: Math.min(0, ...values), max: Math.max(0, ...values) };
}

/** Labels that the project does not have are left out, without an error. */
function takenLabels(site: Site, project: GerritProject, change: Change, voter: GerritAccount, wanted: Readonly<Record<string, number>>) {
  const known = Object.entries(wanted).filter(([label]) => project.labels.some((each) => each.name === label));
  for (const [label, value] of known) {
    const range = site.access.votes(voter, project, change.branch, label);
    const open = value === 0 || (range !== undefined && value >= range.min && value <= range.max);
    if (!open) throw new Refusal(403, `Applying label "${label}": ${value} is restricted`);
  }
  return Object.fromEntries(known);
}

function cast(site: Site, change: Change, voter: GerritAccount, labels: Readonly<Record<string, number>>, tag: string | undefined): void {
  for (const [label, value] of Object.entries(labels)) {
    change.votes.push({
      label,
      value,
      account: voter,
      at: site.now(),
      patchSet: currentPatchSet(change).number,
      postSubmit: change.status === 'MERGED',
      ...(tag === undefined ? {} : { tag }),
    });
  }
}

/** Values are strings; a label that was not touched stands there with 0 and without an old value. Merged changes without a vote show none. */
function approvals(
  project: GerritProject,
  change: Change,
  labels: Readonly<Record<string, number>>,
  before: readonly { readonly label: string; readonly value: number }[],
) {
  if (change.status === 'MERGED' && Object.keys(labels).length === 0) return {};
  const list = project.labels.map(({ name }) => {
    const value = labels[name];
    const old = before.find((vote) => vote.label === name)?.value ?? 0;
    const shown = { type: name, description: name, value: String(value ?? old) };
    return value === undefined ? shown : { ...shown, oldValue: String(old) };
  });
  return { approvals: list };
}

function judged(
  project: GerritProject,
  { name, description, label }: Requirement,
  change: Change,
  votes: readonly { readonly label: string; readonly value: number }[],
): RequirementResult {
  if (label === null) {
    return { name, description, status: change.overrides.get(name) ?? 'NOT_APPLICABLE', expression: '-has:unresolved', fulfilled: true };
  }
  const { min, max } = rangeOf(project, label);
  const values = votes.filter((vote) => vote.label === label).map((vote) => vote.value);
  const fulfilled = values.includes(max) && !values.includes(min);
  const expression = `label:${label}=MAX AND -label:${label}=MIN`;
  return { name, description, status: change.overrides.get(name) ?? (fulfilled ? 'SATISFIED' : 'UNSATISFIED'), expression, fulfilled };
}
