import type { Candidate } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import { badge, type Status } from './badge.ts';
import { candidateList } from './candidates.ts';
import { filterForm } from './filters.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { objectName } from './names.ts';
import { remedyList } from './remedy-list.ts';

/** What would come of a change, as far as the page shows it. */
export interface WhatIfAnswer {
  readonly targets: readonly WhatIfTarget[];
  readonly candidates: readonly Candidate[];
  /** Why nothing would move; null when something would. */
  readonly reason: string | null;
  readonly owed: readonly string[];
  readonly notes: readonly string[];
}

interface WhatIfTarget {
  readonly target: TargetRef;
  readonly moves: boolean;
  readonly skipped: { readonly message: string } | null;
  readonly decision: Pick<Decision, 'verdict' | 'rule' | 'reasons'>;
  readonly consumers: readonly { readonly object: TargetRef }[];
  readonly namespaces: readonly string[];
}

export interface WhatIfView {
  /** What was asked, by the names of the fields. */
  readonly query: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  /** null: nothing was asked yet. */
  readonly answer: WhatIfAnswer | null;
}

/** `/what-if`: explain as a form. It asks and changes nothing, so it is a GET. */
export function whatIfPage({ query, sources, answer }: WhatIfView): Page {
  const fields = [
    { name: 'repository', label: 'Repository', hint: 'org/app' },
    { name: 'ref', label: 'Ref', hint: 'refs/heads/main' },
    { name: 'source', label: 'Source', options: sources },
    { name: 'revision', label: 'Commit', hint: 'in full, or none' },
  ];
  const before = html`<h1>What if this were pushed?</h1>
<p class="dim">Matched and decided like a push, by the policies and clusters as they are now. Nothing comes of it.</p>
${filterForm('/what-if', fields, query, 'Explain')}`;
  return { title: 'What if', section: '/what-if', before, content: answer === null ? html`` : answerContent(answer) };
}

function answerContent({ targets, candidates, reason, owed, notes }: WhatIfAnswer): Html {
  return html`<section aria-labelledby="answer"><h2 id="answer">${reason === null ? 'It would move' : 'Nothing would move'}</h2>
${reason !== null && html`<p class="callout warn">${reason}</p>`}
${owed.length > 0 && html`<p class="callout">Not known yet: ${owed.join(', ')}</p>`}
${targets.map(targetCard)}
${candidateList(candidates)}
${notes.length > 0 && html`<ul class="plain dim">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}</section>`;
}

function targetCard({ target, moves, skipped, decision, consumers, namespaces }: WhatIfTarget): Html {
  const status = statusOf(moves, decision.verdict);
  return html`<article class="card ${status.tone}" id="target-${targetKey(target)}">
<h3>${objectName(target)} ${badge(status)}</h3>
${skipped !== null && html`<p class="message">${skipped.message}</p>`}
<ul class="reasons">${decision.reasons.map(({ message }) => html`<li>${message}</li>`)}</ul>
${remedyList(decision)}
<p class="advice">Rule: ${decision.rule}. Writes to: ${namespaces.join(', ') || 'other clusters only'}.${consumers.length > 0 && html` With it: ${consumers.map(({ object }) => `${object.kind}/${object.name}`).join(', ')}.`}</p>
</article>`;
}

function statusOf(moves: boolean, verdict: Decision['verdict']): Status {
  if (verdict === 'deny') return { tone: 'bad', word: 'would be denied' };
  if (verdict === 'hold') return { tone: 'warn', word: 'would be held' };
  return moves ? { tone: 'good', word: 'would move' } : { tone: 'warn', word: 'would be skipped' };
}
