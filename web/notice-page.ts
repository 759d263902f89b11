import { html } from './html.ts';
import { page } from './layout.ts';

/** For whoever has no session: how to get one. */
export function loginPage(): string {
  const content = html`<section class="notice"><h1>Open it from the command line</h1>
<p>These pages are for people who can read the operator's token. On the machine that runs Headgate, as the same user, run</p>
<pre><code>headgate open</code></pre>
<p>and follow the address that it prints. It works once and within a minute; the session that it opens lasts twelve hours.</p></section>`;
  return page({ title: 'Not signed in', content, closed: true });
}

export interface Notice {
  readonly title: string;
  readonly text: string;
  readonly hint: string;
}

/** Something that cannot be shown, and what to do. */
export function noticePage({ title, text, hint }: Notice): string {
  const content = html`<section class="notice"><h1>${title}</h1><p>${text}</p><p class="dim">${hint}</p></section>`;
  return page({ title, content });
}
