import { badge, type Status } from './badge.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { policyPath } from './names.ts';
import type { PolicySetStatus, ShownPolicy } from './policy-shape.ts';
import { age } from './time.ts';

export interface PoliciesView {
  readonly policies: readonly ShownPolicy[];
  readonly set: PolicySetStatus;
  readonly now: number;
}

/** `/policies`. */
export function policiesPage({ policies, set, now }: PoliciesView): Page {
  const content = html`<div class="heading"><h1>Policies</h1><p class="badges">${badge(setStatus(set))}</p></div>
${set.problem !== null && html`<p class="callout bad">What is there now is not in force: ${set.problem}</p>`}
<p class="dim lead">Set <code title="${set.hash}">${set.hash.slice(0, 12)}</code>, loaded ${age(set.loadedAt, now)}. What no policy allows is denied; every policy that is about a namespace has to allow.</p>
${policies.length === 0 ? html`<p class="empty">None is loaded, so everything is denied.</p>` : table(policies)}`;
  return { title: 'Policies', section: '/policies', content };
}

function setStatus({ problem }: PolicySetStatus): Status {
  return problem === null ? { tone: 'good', word: 'in force' } : { tone: 'bad', word: 'older ones in force' };
}

function table(policies: readonly ShownPolicy[]): Html {
  return html`<table class="list">
<thead><tr><th scope="col">Policy</th><th scope="col">Mode</th><th scope="col">About</th><th scope="col">Written at</th></tr></thead>
<tbody>${policies.map(row)}</tbody>
</table>`;
}

function row({ name, mode, enforcement, targets, place }: ShownPolicy): Html {
  const about = targets.map(aboutTarget).join('; ');
  return html`<tr id="row-${name}">
<td><a class="main-link" href="${policyPath(name)}">${name}</a></td>
<td class="badges">${badge(modeStatus(mode))} ${badge({ tone: 'none', word: enforcement })}</td>
<td data-label="About">${about}</td>
<td data-label="Written at" class="place"><code>${place}</code></td>
</tr>`;
}

/** `audit` holds nothing back, which must be seen. */
export function modeStatus(mode: string): Status {
  return { tone: mode === 'enforce' ? 'good' : 'warn', word: mode };
}

function aboutTarget(target: ShownPolicy['targets'][number]): string {
  if ('policies' in target) return 'the policies themselves';
  return `${target.namespaces.join(', ')} on ${target.clusters.join(', ')}`;
}
