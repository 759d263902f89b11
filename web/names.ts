import type { Change } from '#core/change.ts';
import { anyRef } from '#core/delivery.ts';
import type { TargetRef } from '#core/target.ts';
import { html, type Html } from './html.ts';

/** Twelve characters of a commit, as git abbreviates, with the whole of it at hand; `head` when none is named. */
export function commit(revision: string | null): Html {
  if (revision === null) return html`<span class="dim">head</span>`;
  return html`<code title="${revision}">${revision.slice(0, 12)}</code>`;
}

/** Text in which commits stand, `main@sha1:8e1b…`: abbreviated, with the whole of it at hand. */
export function withCommits(text: string): Html {
  const short = text.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{28,52}\b/g, '$1');
  return short === text ? html`${text}` : html`<span title="${text}">${short}</span>`;
}

/** `refs/heads/main` as `main`; other refs in full, typed ones of Mercurial too. */
export function shortRef(ref: string): string {
  if (ref === anyRef) return 'all refs';
  return ref.replace(/^refs\/heads\//, '').replace(/^refs\/tags\//, 'tag ');
}

/** `GitRepository/shop` `in shop on prod`. */
export function objectName({ cluster, kind, namespace, name }: TargetRef): Html {
  return html`<span class="object"><span class="kind">${kind}/</span><b>${name}</b> <span class="dim">in ${namespace} on ${cluster}</span></span>`;
}

/** Link to the page of a change. */
export function changePath(id: string): string {
  return `/changes/${encodeURIComponent(id)}`;
}

/** Link to the page of a delivery. */
export function deliveryPath(id: string): string {
  return `/deliveries/${encodeURIComponent(id)}`;
}

/** Link to the page of a decision. */
export function decisionPath(id: string): string {
  return `/decisions/${encodeURIComponent(id)}`;
}

/** Link to the page of a policy. */
export function policyPath(name: string): string {
  return `/policies/${encodeURIComponent(name)}`;
}

/** Who did it, as the source says; `–` when it does not. */
export function actorNames({ actors }: Pick<Change, 'actors'>): string {
  const names = [...new Set(actors.map(({ name }) => name))];
  return names.length === 0 ? '–' : names.join(', ');
}

/** The same, and whose word it is where a host whose token was verified asserted it. */
export function assertedActors(change: Pick<Change, 'actors'>): string {
  const hosts = [...new Set(change.actors.flatMap(({ assertedBy }) => assertedBy ?? []))];
  return hosts.length === 0 ? actorNames(change) : `${actorNames(change)}, on the word of ${hosts.join(', ')}`;
}
