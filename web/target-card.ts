import type { Decision } from '#core/decision.ts';
import type { ConsumerOutcome } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import { adviceFor } from './advice.ts';
import { badge } from './badge.ts';
import { html, type Html } from './html.ts';
import { decisionPath, objectName, policyPath, withCommits } from './names.ts';
import { remedyList } from './remedy-list.ts';
import { outcomeStatus, type TargetStory } from './target-stories.ts';
import { timeOfDay } from './time.ts';

/** One target: how it stands and why, what decided, and what became of everything that follows it. */
export function targetCard(story: TargetStory, now: number): Html {
  const { target, decision, reconciles, status } = story;
  const last = reconciles.at(-1);
  const advice = adviceFor(story);
  const why = last?.message ?? last?.reason;
  return html`<article class="card ${status.tone}" id="target-${targetKey(target)}">
<h3>${objectName(target)} ${badge(status)}</h3>
${decision?.verdict !== 'allow' && last === undefined && denial(decision)}
${why && html`<p class="message">${why}</p>`}
${advice && html`<p class="advice">${advice}</p>`}
${last && last.consumers.length > 0 && consumers(last.consumers)}
${decision && basis(decision, now)}
</article>`;
}

function denial(decision: Decision | undefined): Html | false {
  if (decision === undefined) return false;
  const lead = decision.verdict === 'deny' ? 'Policy does not allow it here:' : 'It waits:';
  return html`<p class="why"><b>${lead}</b></p><ul class="reasons">${decision.reasons.map(({ message }) => html`<li>${message}</li>`)}</ul>${remedyList(decision)}`;
}

function consumers(found: readonly ConsumerOutcome[]): Html {
  const row = ({ object, outcome, reason, message, revision }: ConsumerOutcome): Html => html`<li id="consumer-${targetKey(object)}">
${objectName(object)} ${badge(outcomeStatus(outcome, reason))}
${revision && html`<p class="dim"><code>${withCommits(revision)}</code></p>`}
${message && outcome !== 'applied' && html`<p class="message">${message}</p>`}
</li>`;
  return html`<ul class="consumers" aria-label="Follow it">${found.map(row)}</ul>`;
}

/** What the decision rested on, folded away. */
function basis(decision: Decision, now: number): Html {
  const { id, at, rule, verdict, wouldBe, enforcement, reasons, lacked, policies, facts } = decision;
  const rows: readonly (readonly [string, Html | string])[] = [
    ['Rule', rule],
    ['Reasons', reasons.map(({ message }) => message).join('; ')],
    ['Enforcement', wouldBe === null ? enforcement : `${enforcement}; audit only, enforced it would be: ${wouldBe}`],
    [
      'Policies',
      policies.length === 0
        ? 'none'
        : html`${policies.map(({ name, hash, verdict: said }, index) => html`${index > 0 && ', '}<a href="${policyPath(name)}">${name}</a> (${said}, ${hash.slice(0, 12)})`)}`,
    ],
    ['Namespaces', listOf(facts['namespaces'])],
    ['Not known', lacked.length === 0 ? 'nothing' : lacked.join(', ')],
    ['Decided', html`${timeOfDay(at, now)} <code>${id}</code>`],
  ];
  return html`<details><summary>${verdict === 'allow' ? `Allowed by ${rule}` : `Decided by ${rule === 'default' ? 'default: no policy' : rule}`}</summary>
<p><a href="${decisionPath(id)}">${verdict === 'allow' ? 'Who allowed this?' : 'Why, and what would make it pass?'}</a></p>
<dl class="basis">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></details>`;
}

function listOf(fact: Decision['facts'][string] | undefined): string {
  if (fact === undefined || fact === null) return '–';
  return typeof fact === 'object' ? fact.join(', ') : String(fact);
}
