import type { Decision } from '#core/decision.ts';
import { html, type Html } from './html.ts';

type Fact = Decision['facts'][string];

/** What the names of facts mean to whoever reads them; others are shown as they are called. */
const names: Readonly<Record<string, string>> = {
  source: 'Source',
  repository: 'Repository',
  ref: 'Ref',
  action: 'What happened to it',
  revision: 'Commit',
  confirmed: 'Confirmed by the source',
  subject: 'Verified subject',
  subjectIssuer: 'Issuer of the subject',
  person: 'Person behind the subject',
  pusher: 'Person who pushed',
  actors: 'Actors, as the source says',
  assertedBy: 'Whose word that is, verified by its token',
  namespaces: 'Namespaces that are written to',
  unbounded: 'Not bounded by a service account',
  remote: 'What writes to other clusters',
  remoteNamespaces: 'Namespaces of other clusters that are written to',
  base: 'Last allowed commit',
  commits: 'Commits since then',
  reviewed: 'Reviews and signatures that counted',
  access: 'The cluster’s own authorizer',
  accessUser: 'User that it was asked about',
  accessReason: 'What it said',
};

/** Of the record, not of the answer. */
const technical: readonly string[] = ['repositoryCaseSensitive', 'policySet', 'people', 'evidence'];

/** The facts that a decision saw and has a word for, in the order in which they are told; what was not there is left out. */
export function factRows(facts: Decision['facts']): readonly Html[] {
  const order = [...Object.keys(names), ...Object.keys(facts).filter((name) => !Object.hasOwn(names, name) && !technical.includes(name))];
  return order.flatMap((name) => row(names[name] ?? name, facts[name]));
}

/** Hashes by which an auditor finds what the decision rested on. */
export function technicalRows(facts: Decision['facts']): readonly Html[] {
  return technical.flatMap((name) => row(name, facts[name]));
}

function row(name: string, fact: Fact | undefined): readonly Html[] {
  if (fact === undefined || fact === null || (typeof fact === 'object' && fact.length === 0)) return [];
  return [html`<dt>${name}</dt><dd>${shown(fact)}</dd>`];
}

function shown(fact: NonNullable<Fact>): Html {
  if (typeof fact === 'boolean') return html`${fact ? 'yes' : 'no'}`;
  if (typeof fact === 'string') return html`${fact}`;
  return html`<ul class="plain">${fact.map((one) => html`<li>${one}</li>`)}</ul>`;
}
