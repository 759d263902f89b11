import type { Decision } from '#core/decision.ts';
import type { Story } from '#core/ports/journal.ts';
import { badge } from './badge.ts';
import { factRows, technicalRows } from './decision-facts.ts';
import { verdictStatus } from './decision-rows.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { actorNames, changePath, commit, objectName, policyPath, shortRef } from './names.ts';
import { remedyList } from './remedy-list.ts';
import { timeOfDay } from './time.ts';

export interface DecisionView {
  readonly decision: Decision;
  /** The change that it is about, with all that came of it. */
  readonly story: Story | null;
  /** Links of the evidence chain that hold it, oldest first. */
  readonly records: readonly { readonly id: string; readonly hash: string; readonly at: number; readonly kind: string }[];
  /** Hashes of the policies that are loaded now, by name. */
  readonly loaded: ReadonlyMap<string, string>;
  readonly now: number;
}

/** `/decisions/{id}`: who allowed this, or why not, and what would make it pass. */
export function decisionPage(view: DecisionView): Page {
  const { id } = view.decision;
  return { title: `Decision ${id}`, section: '/changes', content: decisionContent(view) };
}

function decisionContent(view: DecisionView): Html {
  const { decision, story, now } = view;
  const { target, verdict, reasons, lacked, facts, at, id } = decision;
  return html`<div class="heading"><h1>${questions[verdict]}</h1><p class="badges">${badge(verdictStatus(decision))}</p></div>
<p class="answer">${answerOf(decision)}</p>
<dl class="facts">
<div><dt>Target</dt><dd>${objectName(target)}</dd></div>
${story && changeRows(story)}
<div><dt>Decided</dt><dd>${timeOfDay(at, now)}</dd></div>
<div><dt>Decision</dt><dd><code>${id}</code></dd></div>
</dl>
<div class="columns">
<section aria-labelledby="why"><h2 id="why">${verdict === 'allow' ? 'What allowed it' : 'What stood in the way'}</h2>
<article class="card ${verdictStatus(decision).tone}"><ul class="reasons">${reasons.map(({ message, code }) => html`<li>${message} <span class="slug">${code}</span></li>`)}</ul>${remedyList(decision)}</article>
<h2>Policies that had a say</h2>
${policyList(view)}
<h2>Evidence</h2>
${evidence(view)}
</section>
<section aria-labelledby="saw"><h2 id="saw">What it saw</h2>
<dl class="basis wide">${factRows(facts)}</dl>
<h2 class="sub">What it did not know</h2>
${lacked.length === 0 ? html`<p class="dim">Nothing that it would have asked.</p>` : html`<ul class="plain">${lacked.map((name) => html`<li>${lacks[name] ?? name}</li>`)}</ul>`}
</section>
</div>`;
}

const questions: Readonly<Record<Decision['verdict'], string>> = {
  allow: 'Who allowed this?',
  hold: 'What does it wait for?',
  deny: 'Why was it denied?',
};

/** The decision in one sentence. */
function answerOf({ verdict, wouldBe, rule, policies, facts }: Decision): Html {
  const names = policies.filter((policy) => policy.verdict === 'allow' || verdict !== 'allow').map(({ name }) => name);
  if (wouldBe !== null && wouldBe !== 'allow')
    return html`Nobody did: every policy concerned is in audit mode, which holds nothing back. Enforced, it would have been ${wouldBe === 'deny' ? 'denied' : 'held'}.`;
  if (rule === 'default') return html`No policy allows it, and what no policy allows is denied.`;
  if (verdict !== 'allow') return html`The rule <b>${rule}</b> did not let it through.`;
  const asked = facts['person'] ?? facts['subject'] ?? facts['pusher'];
  return html`The ${names.length > 1 ? 'policies' : 'policy'} <b>${names.join(', ')}</b> did, by ${rule}${typeof asked === 'string' && html`, for <b>${asked}</b>`}.`;
}

function changeRows({ change }: Story): Html {
  const asked = change.action === 'requested' ? 'Requested by' : 'Pushed by';
  return html`<div><dt>Change</dt><dd><a href="${changePath(change.id)}">${change.repository} <span class="ref">${shortRef(change.ref)}</span></a> ${commit(change.revision)}</dd></div>
<div><dt>${asked}</dt><dd>${actorNames(change)}</dd></div>`;
}

/** With whether each is still what it was then. */
function policyList({ decision, loaded }: DecisionView): Html {
  if (decision.policies.length === 0) return html`<p class="dim">None is about the namespaces that would be written to.</p>`;
  return html`<ul class="plain policies">${decision.policies.map(({ name, hash, verdict }) => {
    const now = loaded.get(name);
    const since = now === undefined ? 'not loaded any more' : now === hash ? 'unchanged since' : 'changed since';
    return html`<li>${now === undefined ? html`<b>${name}</b>` : html`<a href="${policyPath(name)}">${name}</a>`} ${badge(verdictStatus({ verdict, wouldBe: null }))} <span class="dim"><code title="${hash}">${hash.slice(0, 12)}</code> ${since}</span></li>`;
  })}</ul>`;
}

function evidence({ decision, records }: DecisionView): Html {
  const { facts } = decision;
  const rows = records.map(
    ({ id, hash, kind }) =>
      html`<li>Record <a href="/v1/records/${encodeURIComponent(id)}">${id}</a> <span class="dim">${kind}, <code title="${hash}">${hash.slice(0, 12)}</code></span></li>`,
  );
  return html`${rows.length === 0 ? html`<p class="dim">No record of it is kept any more.</p>` : html`<ul class="plain">${rows}</ul>`}
<p class="dim"><code>headgate audit verify</code> says whether the chain of records is whole.</p>
<details><summary>Hashes of what it rested on</summary><dl class="basis">${technicalRows(facts)}</dl></details>`;
}

/** What policy/facts.ts calls what was not there. */
const lacks: Readonly<Record<string, string>> = {
  confirmation: 'whether the source itself confirms the change',
  subject: 'a verified subject behind it: nobody asked with a token or logged in',
  revision: 'the commit: whatever the head is was meant',
  access: 'what the cluster’s own authorizer says: it could not be asked',
  reach: 'how far its consumers can write: no service account bounds them',
  'remote-clusters': 'which other clusters its consumers write to',
};
