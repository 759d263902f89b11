import type { DirectoryStatus, DirectoryWatch } from '#config/directory-watch.ts';
import type { Clock } from '#core/clock.ts';
import type { People } from '#core/person.ts';
import type { Footprint } from '#core/target.ts';
import { uncoveredNamespaces } from '#policy/concerned.ts';
import type { PolicySet } from '#policy/documents.ts';
import { unknownNames, type NamedConfig } from '#policy/names-of-config.ts';
import { namedPeopleTroubles, sourceGroupsNamed } from '#policy/people/named-people.ts';
import { showPolicies, type PolicyView } from '#policy/show-policy.ts';
import { policiesIn } from '#policy/watch-policies.ts';

/** What people and checks see of the policies in force. */
export interface PoliciesInForce {
  readonly shown: {
    readonly policies: () => readonly PolicyView[];
    readonly policySet: () => DirectoryStatus;
    readonly people: () => People;
  };
  readonly troubles: {
    /** What is wrong with the people whom they name; null when they name nobody. */
    readonly people: () => readonly string[] | null;
    /** What they name and the Config has not. */
    readonly names: () => readonly string[];
  };
  /** Ids of a source's own groups that they name. */
  readonly namedGroups: (source: string) => readonly string[];
  /** Of what moves, in words, each namespace that none of them is about. */
  readonly uncovered: (footprint: Footprint) => readonly string[];
}

export function policiesInForce(
  watch: Pick<DirectoryWatch<PolicySet>, 'current' | 'status'>,
  configured: NamedConfig,
  clock: Clock,
): PoliciesInForce {
  const inForce = (): PolicySet => policiesIn(watch);
  return {
    shown: {
      policies: () => showPolicies(inForce()),
      policySet: () => ({ ...watch.status(), hash: inForce().hash }),
      people: () => inForce().people,
    },
    troubles: {
      people: () => namedPeopleTroubles(inForce(), clock.now(), true),
      names: () => unknownNames(inForce(), configured),
    },
    namedGroups: (source) => sourceGroupsNamed(inForce(), source),
    uncovered: (footprint) => uncoveredNamespaces(inForce(), footprint),
  };
}
