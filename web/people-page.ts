import { formatAge } from '#core/format-duration.ts';
import { badge, type Status } from './badge.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { age } from './time.ts';
import { plural } from './timeline-entries.ts';

/** Somebody who took part in changes, and who that is. */
export interface ShownActor {
  /** Where the account is; null for a subject. */
  readonly source: string | null;
  /** Whose token it was; null for an account. */
  readonly issuer: string | null;
  /** Id of the account, or `sub`; null when the source names none. */
  readonly account: string | null;
  readonly name: string;
  readonly kind: string;
  readonly roles: readonly string[];
  /** Name of the person; null when nobody is known to be meant. */
  readonly person: string | null;
  /** Why it is not known who is meant; null when it is. */
  readonly unresolved: string | null;
  readonly changes: number;
  /** Milliseconds since the epoch. */
  readonly lastSeenAt: number;
}

export interface PeopleView {
  /** Whoever was seen last first. */
  readonly actors: readonly ShownActor[];
  /** Since when changes were looked through, milliseconds since the epoch. */
  readonly since: number;
  readonly now: number;
}

/** `/people`: whom nobody knows, and who everybody else is. */
export function peoplePage({ actors, since, now }: PeopleView): Page {
  const unresolved = actors.filter((actor) => actor.unresolved !== null);
  const resolved = actors.filter((actor) => actor.unresolved === null);
  const content = html`<h1>People</h1>
<p class="dim lead">Everybody who took part in changes of the last ${formatAge(now - since)}, by the documents of now.</p>
<section aria-labelledby="unresolved"><h2 id="unresolved">Not known to be anybody</h2>
${
  unresolved.length === 0
    ? html`<p class="empty">${actors.length === 0 ? 'Nobody took part in a change.' : 'Everybody is known.'}</p>`
    : html`<p class="lead">Whoever is not known is nobody's reviewer, is in no group, and is never taken to be somebody else than the author. A document of kind <code>Person</code> beside the policies says who they are.</p>${table(unresolved, now)}`
}</section>
<section aria-labelledby="known"><h2 id="known">Known</h2>
${resolved.length === 0 ? html`<p class="empty">Nobody. Documents of kind <code>Person</code> beside the policies say whose account is whose.</p>` : table(resolved, now)}</section>`;
  return { title: 'People', section: '/people', content };
}

function table(actors: readonly ShownActor[], now: number): Html {
  return html`<table class="list">
<thead><tr><th scope="col">Who</th><th scope="col">Kind</th><th scope="col">Roles</th><th scope="col">Where</th><th scope="col">Seen</th></tr></thead>
<tbody>${actors.map((actor) => row(actor, now))}</tbody>
</table>`;
}

function row({ source, issuer, account, name, kind, roles, person, unresolved, changes, lastSeenAt }: ShownActor, now: number): Html {
  const id = account === null || account === name ? false : html` <span class="dim">${account}</span>`;
  return html`<tr>
<td><b>${person ?? name}</b>${person !== null && person !== name && html` <span class="dim">${name}</span>`}${id}${unresolved !== null && html`<p class="detail">${unresolved}</p>`}</td>
<td class="badges">${badge(kindStatus(kind))}</td>
<td data-label="Roles">${roles.join(', ')}</td>
<td data-label="Where">${source ?? issuer ?? '–'}</td>
<td data-label="Seen">${age(lastSeenAt, now)}, in ${plural(changes, 'change')}</td>
</tr>`;
}

/** Only humans count as reviewers. */
function kindStatus(kind: string): Status {
  return { tone: kind === 'human' ? 'good' : kind === 'unknown' ? 'warn' : 'none', word: kind };
}
