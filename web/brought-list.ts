import { sayMoreBrought, type Brought, type Pairing, type Ran } from '#core/brought.ts';
import type { Change } from '#core/change.ts';
import { formatDuration } from '#core/format-duration.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { ChangeReview } from '#core/review.ts';
import { sayRequirements, sayVote } from '#core/review-words.ts';
import { html, type Html } from './html.ts';
import { changePath, objectName } from './names.ts';
import { timeOfDay } from './time.ts';

/** The changes of a review system that came with a change: who voted, since when they run where, and what takes them back. Nothing without any. */
export function broughtList({ readBack }: Pick<Change, 'readBack'>, brought: readonly Brought[], now: number): Html | false {
  const pulls = (readBack?.range?.pulls ?? []).flatMap(({ review, ...pull }) => (review ? [{ pull, review }] : []));
  if (pulls.length === 0) return false;
  const more = sayMoreBrought(readBack?.range ?? { lacked: [] });
  const known = new Map(brought.map((one) => [one.number, one]));
  return html`<h2 id="brought">Changes that came with it</h2>
${pulls.map(({ pull, review }) => card(pull, review, known.get(pull.number), now))}
${more !== null && html`<p class="dim">${more}</p>`}`;
}

function card({ number, title }: PullFacts, review: ChangeReview, brought: Brought | undefined, now: number): Html {
  const { submittedAt, submitter, owner, uploader, topic, votes } = review;
  const rows: readonly (readonly [string, Html | string | null])[] = [
    ['Owner', owner?.name ?? null],
    ['Uploader', uploader && uploader.account !== owner?.account ? uploader.name : null],
    ['Submitted', submittedAt === null ? null : html`${timeOfDay(submittedAt, now)}${submitter && html` by ${submitter.name}`}`],
    ['Topic', topic],
    ['Votes', votes.length === 0 ? 'none' : votes.map(sayVote).join('; ')],
    ['Requirements', sayRequirements(review)],
  ];
  return html`<article class="card" id="brought-${number}">
<h3>${link(number, review.url)} ${title}</h3>
<dl class="basis">${rows.map(([name, value]) => value !== null && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${brought && deployments(brought, now)}
</article>`;
}

/** Where people look at it; nothing but the web is linked to. */
function link(number: number, url: string | null): Html {
  return url !== null && /^https?:\/\//.test(url) ? html`<a href="${url}">Change ${number}</a>` : html`Change ${number}`;
}

function deployments({ deployments: reached, submittedAt, reverts, revertedBy }: Brought, now: number): Html {
  return html`<ul class="plain">
${reached.map(({ target, at }) => html`<li>${objectName(target)} runs it since ${timeOfDay(at, now)}${submittedAt !== null && submittedAt <= at && `, ${formatDuration(at - submittedAt)} after the submit`}</li>`)}
${reverts && html`<li>It reverts ${named(reverts)}, which ${ranWhere(reverts.ran, now)}</li>`}
${revertedBy.map((one) => html`<li>${named(one)} reverts it: it ${ranWhere(one.ran, now)}</li>`)}
</ul>`;
}

function named({ number, change }: Pairing): Html {
  return change === null ? html`change ${number}` : html`<a href="${changePath(change)}">change ${number}</a>`;
}

function ranWhere(ran: readonly Ran[], now: number): Html {
  if (ran.length === 0) return html`is not known to have run anywhere without it`;
  return html`${ran.map(({ target, deployedAt, revertedAt }, index) => {
    const end = revertedAt === null ? ' and still runs there' : html` and ran for ${formatDuration(revertedAt - deployedAt)}`;
    return html`${index > 0 && '; '}was deployed to ${objectName(target)} at ${timeOfDay(deployedAt, now)}${end}`;
  })}`;
}
