import { formatDuration } from './duration.ts';
import { sayMoreBrought } from '#core/brought.ts';
import { sayRequirements, sayVote } from '#core/review-words.ts';
import type { Brought, Pairing, ReviewedChange, Story } from './schema.ts';
import { indented, nameTarget, printable } from './text.ts';
import type { View } from './view.ts';

/** The changes of a review system that came with a change, as `headgate trace` prints them; nothing without any. Pure. */
export function renderBrought({ change, brought }: Pick<Story, 'change' | 'brought'>, view: View): readonly string[] {
  const reviewed = (change.readBack?.range?.pulls ?? []).flatMap(({ review, ...pull }) => (review ? [{ ...pull, review }] : []));
  const known = new Map(brought.map((one) => [one.number, one]));
  const lines = reviewed.flatMap((one) => renderOne(one, known.get(one.number), view));
  if (lines.length === 0) return [];
  const more = sayMoreBrought(change.readBack?.range ?? { lacked: [] });
  return [...lines, ...(more === null ? [] : indented(more, 0, view.width)), ''];
}

function renderOne({ number, title, review }: ReviewedChange, brought: Brought | undefined, { style, width }: View): readonly string[] {
  const { url, submittedAt, submitter, votes } = review;
  const by = submitter === null ? '' : ` by ${submitter.name}`;
  const told = [
    ...(url === null ? [] : [url]),
    ...(submittedAt === null ? [] : [`submitted ${moment(submittedAt)}${by}`]),
    `votes: ${votes.length === 0 ? 'none' : votes.map(sayVote).join('; ')}`,
    `requirements: ${sayRequirements(review)}`,
    ...(brought ? deployments(brought) : []),
  ];
  return [`${style.bold(`change ${number}`)}  ${printable(title)}`, ...told.flatMap((line) => indented(printable(line), 2, width))];
}

function deployments({ deployments: reached, submittedAt, reverts, revertedBy }: Brought): readonly string[] {
  return [
    ...reached.map(({ target, at }) => {
      const took = submittedAt === null || submittedAt > at ? '' : `, ${formatDuration(at - submittedAt)} after the submit`;
      return `${nameTarget(target)} runs it since ${moment(at)}${took}`;
    }),
    ...(reverts === null ? [] : [`reverts change ${reverts.number}, which ${ranWhere(reverts)}`]),
    ...revertedBy.map((one) => `change ${one.number} reverts it: it ${ranWhere(one)}`),
  ];
}

function ranWhere({ ran }: Pairing): string {
  if (ran.length === 0) return 'is not known to have run anywhere without it';
  return ran
    .map(({ target, deployedAt, revertedAt }) => {
      const end = revertedAt === null ? 'still runs there' : `ran for ${formatDuration(revertedAt - deployedAt)}`;
      return `was deployed to ${nameTarget(target)} at ${moment(deployedAt)} and ${end}`;
    })
    .join('; ');
}

function moment(at: number): string {
  return new Date(at).toISOString();
}
