import type { Actor } from '#core/actor.ts';
import type { Decision } from '#core/decision.ts';
import type { Resolved } from '#core/person.ts';
import { targetKey, type Footprint } from '#core/target.ts';
import { movingPlaces, type Place } from '#policy/concerned.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { Evidence } from '#policy/evidence.ts';
import { nameOf } from '#policy/standing.ts';

/** Facts that are still being gathered: added to one by one, because putting objects together again and again is a good part of a decision's time. */
export type Facts = Record<string, Decision['facts'][string]>;

/** What a decision rested on, in the record's words. Actors are what the source claims, not identities. */
export function gatherFacts(input: DecisionInput, evidence: Evidence, places: readonly Place[]): Facts {
  const { change, footprint, identities, policies, caseSensitive } = input;
  const { person, pusher, people } = personFacts(evidence);
  const remote = footprint.consumers.filter((consumer) => consumer.remote);
  const facts: Facts = {
    source: change.source,
    repository: change.repository,
    repositoryCaseSensitive: caseSensitive,
    ref: change.ref,
    action: change.action,
    revision: change.revision,
    confirmed: change.confirmed,
    subject: identities.subject?.sub ?? null,
    subjectIssuer: identities.subject?.issuer ?? null,
    person,
    pusher,
    people,
    actors: change.actors.map(({ role, name, account }) => `${role} ${name}${account === null ? '' : ` (${account})`}`),
    ...assertionFacts(change.actors),
    namespaces: namesIn(places, footprint.source.target.cluster),
    unbounded: footprint.unbounded.map(targetKey),
    remote: remote.map(({ object }) => targetKey(object)),
  };
  if (remote.length > 0) facts['remoteNamespaces'] = remoteNamespaces(footprint, places);
  facts['policySet'] = policies.hash;
  if (policies.revision !== null) facts['policyRevision'] = policies.revision;
  return facts;
}

/** `facts.namespaces` of a decision: what moves in the target's own cluster. */
export function movedNamespaces(footprint: Footprint): readonly string[] {
  return namesIn(movingPlaces(footprint), footprint.source.target.cluster);
}

function namesIn(places: readonly Place[], own: string): readonly string[] {
  return places.flatMap(({ cluster, namespace }) => (cluster === own ? [namespace] : []));
}

/** What moves in other clusters than the target's own. */
function remoteNamespaces({ source }: Footprint, places: readonly Place[]): readonly string[] {
  const elsewhere = places.filter(({ cluster }) => cluster !== null && cluster !== source.target.cluster);
  return [...new Set(elsewhere.map(({ cluster, namespace }) => `${cluster}/${namespace}`))];
}

/** Nothing where no documents say who anybody is: then nobody is looked for. */
function personFacts(evidence: Evidence): Readonly<Record<'person' | 'pusher' | 'people', string | null>> {
  const { hash } = evidence.people;
  if (hash === '') return { person: null, pusher: null, people: null };
  const { subjectPerson, pusher, now } = evidence;
  return { person: personFact(subjectPerson, now), pusher: personFact(pusher?.resolved ?? null, now), people: hash };
}

/** Whose word the actors are, where a verified subject gave it; nothing otherwise. */
function assertionFacts(actors: readonly Actor[]): Decision['facts'] {
  const asserted = [...new Set(actors.flatMap(({ assertedBy }) => assertedBy ?? []))];
  return asserted.length > 0 ? { assertedBy: asserted } : {};
}

/** Who it is, or why that is not known; null when there is nobody. */
function personFact(resolved: Resolved | null, now: number): string | null {
  if (resolved === null) return null;
  const named = nameOf(resolved, now);
  return 'name' in named ? named.name : `unresolved: ${named.unresolved}`;
}

/**
 * Facts that were not available: `confirmation` by the source, the verified `subject`, the `revision` (the head was meant),
 * the `access` that a second authority could not be asked about, the `reach` of consumers that no service account bounds, which `remote-clusters` consumers write to.
 */
export function lackedFacts({ change, footprint, identities, access }: DecisionInput): readonly string[] {
  const lacked: string[] = [];
  if (!change.confirmed) lacked.push('confirmation');
  if (identities.subject === null) lacked.push('subject');
  if (change.revision === null) lacked.push('revision');
  if (access.answer === 'unmapped' || access.answer === 'unavailable') lacked.push('access');
  if (footprint.unbounded.length > 0) lacked.push('reach');
  if (footprint.consumers.some(({ remote, remoteCluster }) => remote && remoteCluster === undefined)) lacked.push('remote-clusters');
  return lacked;
}
