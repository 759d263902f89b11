import { html, type Html } from './html.ts';

/** Plain data for people to read: mappings as names with values, lists as lists, short lists of words in a line. */
export function plainData(value: unknown): Html {
  if (Array.isArray(value)) return list(value);
  if (typeof value === 'object' && value !== null) return mapping(value);
  return html`<code>${wordOf(value)}</code>`;
}

function list(items: readonly unknown[]): Html {
  if (items.every((item) => typeof item !== 'object' || item === null))
    return html`${items.map((item, index) => html`${index > 0 && ', '}<code>${wordOf(item)}</code>`)}`;
  return html`<ul class="data">${items.map((item) => html`<li>${plainData(item)}</li>`)}</ul>`;
}

/** `claim` and `is` belong together: a claim with the values that it must have. */
function mapping(value: object): Html {
  const { claim, is, ...rest } = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(claim) && Array.isArray(is) && Object.keys(rest).length === 0)
    return html`<code>${claim.map(wordOf).join('.')}</code> is <code>${is.map(wordOf).join(' or ')}</code>`;
  const entries = Object.entries(value).filter(([, held]) => !(Array.isArray(held) && held.length === 0));
  return html`<dl class="basis">${entries.map(([name, held]) => html`<dt>${name}</dt><dd>${plainData(held)}</dd>`)}</dl>`;
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
}
