import { whatWouldPass } from '#core/remedies.ts';
import type { Decision } from '#core/decision.ts';
import { html, type Html } from './html.ts';

/** What would make a change pass that was not allowed: nothing for one that was. */
export function remedyList(decision: Pick<Decision, 'verdict' | 'rule' | 'reasons'>): Html | false {
  const steps = whatWouldPass(decision);
  if (steps.length === 0) return false;
  return html`<p class="why pass"><b>What would make it pass:</b></p><ul class="steps">${steps.map((step) => html`<li>${withCode(step)}</li>`)}</ul>`;
}

/** Text in which commands and keys stand between backticks. */
function withCode(text: string): readonly Html[] {
  return text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}
