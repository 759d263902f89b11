import type { BriefPull, Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import { formatDuration } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import { allowedLines, deniedLines } from './decision-lines.ts';
import { cutText, plainText } from './plain-text.ts';
import type { Standing, Telling } from './standing.ts';
import { adviceOf, headline, wordsOf } from './words.ts';

const { messageChars, targets: mostTargets, textChars } = limits.gerritFeedback;

export interface MessageParts {
  readonly telling: Telling;
  readonly change: Change;
  /** The change of Gerrit that is told. */
  readonly pull: BriefPull;
  /** How many came with it, and whether there are more that nobody could list. */
  readonly others: { readonly count: number; readonly more: boolean };
  /** The address of the page of one of Headgate's changes; null while nobody has said where the pages are. */
  readonly pageOf: (change: string) => string | null;
  readonly marker: string;
}

/** The text of one message. Where it would be too long for Gerrit its middle is cut, never the link, nor what it is known again by. */
export function messageText(parts: MessageParts): string {
  const { telling, change, pageOf, marker } = parts;
  const page = pageOf(change.id);
  const shown = telling.about.slice(0, mostTargets);
  const left = telling.about.length - shown.length;
  const more = left > 0 ? [`* and ${left} more`] : [];
  const body = [headline(telling), '', whatCame(parts), '', ...shown.flatMap((one) => targetLines(one, parts)), ...more].join('\n');
  const tail = `\n\n${page === null ? '' : `Everything about it: ${page}\n\n`}${marker}`;
  return `${cutText(body, messageChars - tail.length)}${tail}`;
}

function whatCame({ change, pull, others }: MessageParts): string {
  const revision = change.revision === null ? 'head' : change.revision.slice(0, 12);
  const least = others.more ? 'at least ' : '';
  const together = others.count === 0 ? '' : `, with ${least}${others.count} other ${others.count === 1 ? 'change' : 'changes'}`;
  const { submittedAt, reverts } = pull.review;
  const submitted = submittedAt === null ? '' : `, submitted ${moment(submittedAt)}`;
  const takesBack = reverts === null ? '' : ` It reverts change ${reverts}.`;
  return `${plainText(change.ref, textChars)} at ${plainText(revision, textChars)}${together}${submitted}.${takesBack}`;
}

function targetLines(standing: Standing, { pull, pageOf }: MessageParts): readonly string[] {
  const { target, decision, outcome } = standing;
  const { kind, namespace, name } = target;
  const stopped = outcome === 'denied' || outcome === 'held';
  const advice = stopped ? undefined : adviceOf(standing);
  return [
    `* ${kind}/${name} in ${namespace}${writesTo(decision)}: ${wordsOf(standing)}${when(standing, pull)}`,
    ...(stopped
      ? deniedLines(decision)
      : [...allowedLines(decision, pull.number), ...heirLines(standing, pageOf), ...(advice === undefined ? [] : [advice])]
    ).map((line) => `  * ${line}`),
  ];
}

/** By whose leave what took its place was brought. */
function heirLines({ heir }: Standing, pageOf: MessageParts['pageOf']): readonly string[] {
  if (!heir) return [];
  const { change, decision, reconcile } = heir;
  const page = pageOf(change.id);
  const revision = reconcile.revision?.slice(0, 12) ?? 'head';
  return [`${plainText(`${revision} was allowed by ${decision.rule}`, textChars)}${page === null ? '' : `: ${page}`}`];
}

/** The namespaces that the decision rested on, where they say more than where the Flux object lives. */
function writesTo({ facts, target }: Decision): string {
  const { namespaces } = facts;
  if (typeof namespaces !== 'object' || namespaces === null || namespaces.every((one) => one === target.namespace)) return '';
  return ` (writes to ${plainText(namespaces.join(', '), textChars)})`;
}

/** When it ended, and for what runs how long after the submit. */
function when({ outcome, reconcile, decision }: Standing, { review: { submittedAt } }: BriefPull): string {
  const at = outcome === 'denied' || outcome === 'held' ? decision.at : (reconcile?.endedAt ?? null);
  if (at === null) return '';
  const took =
    outcome === 'applied' && submittedAt !== null && submittedAt <= at ? `, ${formatDuration(at - submittedAt)} after the submit` : '';
  return `, ${moment(at)}${took}`;
}

function moment(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
