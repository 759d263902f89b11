import type { People, Resolved } from '#core/person.ts';

const unresolved: Resolved = { unresolved: 'no document names it' };

/** Where no documents about people are loaded, nobody is known. */
export const nobody: People = {
  hash: '',
  keys: [],
  ofAccount: () => unresolved,
  ofSubject: () => unresolved,
  ofKey: () => unresolved,
  isIn: () => false,
  groupsOf: () => [],
  doubt: (group) => `there is no group ${group}`,
};
