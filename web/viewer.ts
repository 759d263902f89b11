import { html, type Html } from './html.ts';

/** Whoever looks at a page. */
export interface Viewer {
  /** Null: reading is open to everybody. */
  readonly name: string | null;
  /** Where people log in; null where they do not. */
  readonly issuer: string | null;
  /** What logging out has to send along; null: there is nothing to log out of. */
  readonly csrf: string | null;
}

/** Who is logged in, and the way out or in; nothing where there is neither. */
export function viewerPart({ name, issuer, csrf }: Viewer): Html | false {
  if (csrf !== null)
    return html`<form class="viewer" action="/logout" method="post"><span class="name" title="${name}">${name}</span>
<input type="hidden" name="csrf" value="${csrf}"><button type="submit">Log out</button></form>`;
  if (name === null && issuer !== null) return html`<p class="viewer"><a href="/login">Log in</a></p>`;
  return false;
}
