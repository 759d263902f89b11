import { HeadgateError } from '#core/errors.ts';
import type { SourceRights } from '#core/ports/source-rights.ts';

/** Where people find by themselves what Headgate does not ask for. */
const places = {
  heptapod: 'Heptapod is not asked who may push: it stands in the project, under Members and Protected branches',
  rhodecode: 'RhodeCode is not asked who may push: it stands in the settings of the repository, under Permissions',
} as const;

/** Of hosts that keep the rights for themselves: every question is answered with where they stand. */
export function unaskedRights(type: keyof typeof places): SourceRights {
  return { rights: () => Promise.reject(new HeadgateError('SOURCE_REFUSED', places[type])) };
}
