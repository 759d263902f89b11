import type { ChangeReview, Vote } from './review.ts';

/** As much of a vote as is shown to people; status words as they come, so that those of a newer server are shown as well. */
export interface ShownVote extends Pick<Vote, 'label' | 'value' | 'postSubmit' | 'automatic' | 'onBehalf' | 'onSubmitted'> {
  readonly by: { readonly name: string } | null;
}

export interface ShownReview {
  readonly votes: readonly ShownVote[];
  readonly requirements: readonly { readonly name: string; readonly status: string }[];
}

/** `Code-Review+2 by bob`, with whatever keeps it from being a review in person of what was submitted. */
export function sayVote({ label, value, by, postSubmit, automatic, onBehalf, onSubmitted }: ShownVote): string {
  const notes = [
    ...(postSubmit ? ['after the submit'] : []),
    ...(automatic ? ['by a program'] : []),
    ...(onBehalf === true ? ['in that account’s name'] : []),
    ...(onSubmitted ? [] : ['on other content']),
  ];
  const sign = value > 0 ? '+' : '';
  return `${label}${sign}${value} by ${by?.name ?? 'somebody unknown'}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}

/** What the project asked before it let a change in, and whether that was met. */
export function sayRequirements({ requirements }: Pick<ChangeReview, 'requirements'> | ShownReview): string {
  if (requirements.length === 0) return 'none was checked before it came in: it was pushed past review, for example';
  return requirements.map(({ name, status }) => `${name} ${status}`).join(', ');
}
