import type { Candidate } from '#core/change.ts';
import { targetKey } from '#core/target.ts';
import { html, type Html } from './html.ts';
import { objectName } from './names.ts';

/** Objects of the same repository that a change does not bring anywhere, and why. */
export function candidateList(found: readonly Candidate[]): Html | false {
  if (found.length === 0) return false;
  const row = ({ target, reason, message }: Candidate): Html => html`<li id="candidate-${targetKey(target)}">
${objectName(target)}
<p>${message} <span class="slug">${reason}</span></p>
</li>`;
  return html`<h3 class="sub">Same repository, not matched</h3>
<ul class="candidates">${found.map(row)}</ul>`;
}
