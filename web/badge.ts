import { html, type Html } from './html.ts';

/** How something stands; colour and mark follow from it, and neither says anything that the word does not. */
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'none';

export interface Status {
  readonly tone: Tone;
  readonly word: string;
}

const marks: Readonly<Record<Tone, string>> = { good: '✓', bad: '✕', warn: '!', busy: '•', none: '–' };

/** `✓ applied`; with a number when it stands for several. */
export function badge({ tone, word }: Status, count?: number): Html {
  return html`<span class="badge ${tone}"><span aria-hidden="true">${marks[tone]}</span> ${word}${count === undefined ? '' : ` ${count}`}</span>`;
}

/** The sign of a tone alone, for places where the word stands beside it. */
export function mark(tone: Tone): Html {
  return html`<span class="mark ${tone}" aria-hidden="true">${marks[tone]}</span>`;
}
