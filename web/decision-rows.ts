import type { Decision } from '#core/decision.ts';
import { badge, type Status } from './badge.ts';
import { html, type Html } from './html.ts';
import { commit, decisionPath, objectName, shortRef } from './names.ts';
import { age } from './time.ts';

/** A table of decisions; newest first. */
export function decisionTable(decisions: readonly Decision[], now: number): Html {
  return html`<table class="list">
<thead><tr><th scope="col">Target</th><th scope="col">Decision</th><th scope="col">Change</th><th scope="col">Decided</th></tr></thead>
<tbody>${decisions.map((decision) => row(decision, now))}</tbody>
</table>`;
}

function row(decision: Decision, now: number): Html {
  const { repository, ref, revision } = decision.facts;
  const why = decision.verdict === 'allow' ? undefined : decision.reasons[0]?.message;
  return html`<tr id="row-${decision.id}">
<td><a class="main-link" href="${decisionPath(decision.id)}">${objectName(decision.target)}</a>${why && html`<p class="detail">${why}</p>`}</td>
<td class="badges">${badge(verdictStatus(decision))}</td>
<td data-label="Change">${textOf(repository)} ${typeof ref === 'string' && html`<span class="ref">${shortRef(ref)}</span>`} ${commit(typeof revision === 'string' ? revision : null)}</td>
<td data-label="Decided">${age(decision.at, now)}</td>
</tr>`;
}

/** How a decision stands: in audit mode it allows, and says what it would have been. */
export function verdictStatus({ verdict, wouldBe }: Pick<Decision, 'verdict' | 'wouldBe'>): Status {
  if (wouldBe !== null && wouldBe !== 'allow') return { tone: 'warn', word: `allowed, would be ${words[wouldBe].word}` };
  return words[verdict];
}

const words: Readonly<Record<Decision['verdict'], Status>> = {
  allow: { tone: 'good', word: 'allowed' },
  hold: { tone: 'warn', word: 'held' },
  deny: { tone: 'bad', word: 'denied' },
};

function textOf(fact: Decision['facts'][string] | undefined): string {
  return typeof fact === 'string' ? fact : '';
}
