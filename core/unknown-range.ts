import type { RangeFacts, RangeLack, RangeQuestion } from './ports/read-back.ts';

/**
 * A range one of whose ends the source does not know: nothing of it is.
 * @param lacked what is lacked beside commits and files
 */
export function unknownRange(base: string, head: string, question: RangeQuestion | undefined, lacked: readonly RangeLack[]): RangeFacts {
  return {
    base,
    head,
    commits: [],
    commitCount: null,
    files: [],
    pulls: [],
    checks: [],
    course: null,
    owners: null,
    question: question ?? null,
    lacked: ['commits', 'files', ...lacked],
  };
}
