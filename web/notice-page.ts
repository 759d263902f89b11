import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';

/** Where somebody who has no session logs in. */
export interface LoginOffer {
  readonly issuer: string;
  /** Where to go after that. */
  readonly returnTo: string;
}

/** For whoever has no session: how to get one. */
export function loginPage(offer: LoginOffer | null): Page {
  const content = html`<section class="notice">${offer === null ? html`<h1>Open it from the command line</h1>` : issuerPart(offer)}
<p>${offer === null ? 'These pages are for people who can read the operator’s token. On' : 'Without it: on'} the machine that runs Headgate, as the same user, run</p>
<pre><code>headgate open</code></pre>
<p>and follow the address that it prints. It works once and within a minute; the session that it opens lasts twelve hours.</p></section>`;
  return { title: 'Not logged in', content, closed: true };
}

function issuerPart({ issuer, returnTo }: LoginOffer): Html {
  return html`<h1>Log in</h1>
<p>These pages are for people whom the config of this Headgate names.</p>
<p class="do"><a class="button" href="/login/start?${new URLSearchParams({ return: returnTo }).toString()}">Log in with ${issuer}</a></p>`;
}

/** For whoever has just logged out. @param endUrl where they can log out at the issuer as well */
export function loggedOutPage(issuer: string | null, endUrl: string | null): Page {
  const content = html`<section class="notice"><h1>You are logged out</h1>
<p>The session is over, here and wherever else its cookie may be.</p>
${issuer !== null && html`<p>${issuer} may still know you: whoever uses this browser next gets in there without a password.${endUrl !== null && html` <a href="${endUrl}">Log out at ${issuer} as well</a>.`}</p>`}
<p class="do"><a class="button" href="/login">Log in again</a></p></section>`;
  return { title: 'Logged out', content, closed: true };
}

export interface LoginError {
  /** Stable. */
  readonly code: string;
  readonly meaning: string;
  readonly hint: string;
}

/** For whoever could not log in, or out. */
export function loginErrorPage({ code, meaning, hint }: LoginError): Page {
  const content = html`<section class="notice"><h1>That did not work</h1>
<p>${meaning}</p><p class="dim">${hint}</p><p><span class="slug">${code}</span></p>
<p class="do"><a class="button" href="/login">Log in again</a></p></section>`;
  return { title: 'Not logged in', content, closed: true };
}

export interface Notice {
  readonly title: string;
  readonly text: string;
  readonly hint: string;
}

/** Something that cannot be shown, and what to do. */
export function noticePage({ title, text, hint }: Notice): Page {
  const content = html`<section class="notice"><h1>${title}</h1><p>${text}</p><p class="dim">${hint}</p></section>`;
  return { title, content };
}
