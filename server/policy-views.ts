import type { PeopleView } from '#web/people-page.ts';
import type { DecisionView } from '#web/decision-page.ts';
import type { PoliciesView } from '#web/policies-page.ts';
import type { PolicyView } from '#web/policy-page.ts';
import type { PolicySetStatus, ShownPolicy } from '#web/policy-shape.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { People } from '#core/person.ts';
import type { Records } from '#core/ports/records.ts';
import { changesSince } from '#server/routes/actors.ts';
import { seenActors } from '#server/seen-actors.ts';

export interface PolicyViewDeps {
  readonly journal: Pick<Archive, 'changes' | 'decision' | 'decisions' | 'story'> & Pick<Records, 'records'>;
  /** The policies that are loaded, as plain data. */
  readonly policies: () => readonly ShownPolicy[];
  readonly policySet: () => PolicySetStatus;
  /** Who is who now. */
  readonly people: () => People;
  readonly clock: Clock;
}

/** @throws HeadgateError NOT_FOUND */
export async function decisionView({ journal, policies, clock }: PolicyViewDeps, id: string): Promise<DecisionView> {
  const decision = await journal.decision(id);
  if (decision === undefined) throw new HeadgateError('NOT_FOUND', `there is no decision ${id}`);
  const [story, records] = await Promise.all([
    journal.story(decision.change),
    journal.records({ decision: id }, { limit: limits.pages.records, cursor: null }),
  ]);
  const loaded = new Map(policies().map(({ name, hash }) => [name, hash]));
  const links = records.items.map(({ id: link, hash, record: { at, kind } }) => ({ id: link, hash, at, kind }));
  return { decision, story: story ?? null, records: links.toReversed(), loaded, now: clock.now() };
}

export function policiesView({ policies, policySet, clock }: PolicyViewDeps): PoliciesView {
  return { policies: policies(), set: policySet(), now: clock.now() };
}

/** @throws HeadgateError NOT_FOUND */
export async function policyView({ journal, policies, clock }: PolicyViewDeps, name: string): Promise<PolicyView> {
  const policy = policies().find((one) => one.name === name);
  if (policy === undefined) throw new HeadgateError('NOT_FOUND', `no policy ${name} is loaded`);
  const { items } = await journal.decisions({}, { limit: limits.pages.lookedThrough, cursor: null });
  const concerned = items.filter((decision) => decision.policies.some((one) => one.name === name));
  return { policy, decisions: concerned.slice(0, limits.pages.recent), lookedThrough: limits.pages.lookedThrough, now: clock.now() };
}

export async function peopleView({ journal, people, clock }: PolicyViewDeps): Promise<PeopleView> {
  const now = clock.now();
  const since = now - limits.people.seenSince;
  const actors = seenActors(await changesSince(journal, since), people());
  return { actors: actors.slice(0, limits.people.seenActors), since, now };
}
