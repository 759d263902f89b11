import type { DirectoryStatus, DirectoryWatch } from '#config/directory-watch.ts';
import type { Clock } from '#core/clock.ts';
import type { People } from '#core/person.ts';
import type { PolicySet } from '#policy/documents.ts';
import { namedPeopleTroubles } from '#policy/people/named-people.ts';
import { showPolicies, type PolicyView } from '#policy/show-policy.ts';
import { policiesIn } from '#policy/watch-policies.ts';

/** What people and checks see of the policies in force. */
export interface PoliciesInForce {
  readonly shown: {
    readonly policies: () => readonly PolicyView[];
    readonly policySet: () => DirectoryStatus;
    readonly people: () => People;
  };
  /** What is wrong with the people whom they name; null when they name nobody. */
  readonly peopleTroubles: () => readonly string[] | null;
}

export function policiesInForce(watch: Pick<DirectoryWatch<PolicySet>, 'current' | 'status'>, clock: Clock): PoliciesInForce {
  const inForce = (): PolicySet => policiesIn(watch);
  return {
    shown: {
      policies: () => showPolicies(inForce()),
      policySet: () => ({ ...watch.status(), hash: inForce().hash }),
      people: () => inForce().people,
    },
    peopleTroubles: () => namedPeopleTroubles(inForce(), clock.now(), true),
  };
}
