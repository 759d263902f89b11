import type { Who } from '#sandbox/gerrit/access.ts';
import type { Change } from '#sandbox/gerrit/change.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

type Test = (change: Change) => boolean;

/** The changes that a reader sees and a query names, those updated last first (user-search.txt). @throws Refusal 400 */
export function queried(site: Site, who: Who, query: string): readonly Change[] {
  const tests = words(query).map((word) => test(word, who));
  const found = site.changes.filter((change) => {
    const project = site.projects.get(change.project);
    return project !== undefined && site.access.readsChange(who, project, change) && tests.every((each) => each(change));
  });
  return found.toSorted((a, b) => b.updated - a.updated || b.number - a.number);
}

/** Words apart by spaces; a value in quotes or braces is one. `limit:` is for the caller. */
function words(query: string): readonly string[] {
  return (query.match(/(?:[^\s"{]+|"[^"]*"|\{[^}]*\})+/g) ?? []).filter((word) => word !== 'AND' && !word.startsWith('limit:'));
}

function test(word: string, who: Who): Test {
  if (word.startsWith('-')) {
    const inner = test(word.slice(1), who);
    return (change) => !inner(change);
  }
  const colon = word.indexOf(':');
  const [operator, raw] = colon < 0 ? ['', word] : [word.slice(0, colon), word.slice(colon + 1)];
  const value = raw.replace(/^["{](.*)["}]$/, '$1');
  const made = operators[operator]?.(value, who);
  if (made === undefined) throw new Refusal(400, `Unsupported operator ${word}`);
  return made;
}

const operators: Readonly<Record<string, ((value: string, who: Who) => Test) | undefined>> = {
  '': (value) => (change) => [String(change.number), change.changeId].includes(value),
  change: (value) => (change) => [String(change.number), change.changeId].includes(value) || value.endsWith(`~${change.number}`),
  status: status,
  is: status,
  project: (value) => (change) => change.project === value,
  branch: (value) => (change) => change.branch === value.replace(/^refs\/heads\//, ''),
  ref: (value) => (change) => `refs/heads/${change.branch}` === value,
  topic: (value) => (change) => (change.topic ?? '') === value,
  hashtag: (value) => (change) => change.hashtags.includes(value),
  owner: (value, who) => (change) =>
    [change.owner.username, change.owner.email, String(change.owner.id), ...(change.owner === who ? ['self'] : [])].includes(value),
  commit: (value) => (change) => change.stale % 2 === 0 && change.patchSets.some(({ revision }) => revision.startsWith(value)),
  submissionid: (value) => (change) => change.submissionId === value,
  after: (value) => (change) => change.updated >= moment(value),
  since: (value) => (change) => change.updated >= moment(value),
  before: (value) => (change) => change.updated <= moment(value),
  until: (value) => (change) => change.updated <= moment(value),
  mergedafter: (value) => (change) => (change.submitted ?? -Infinity) >= moment(value),
  mergedbefore: (value) => (change) => (change.submitted ?? Infinity) <= moment(value),
};

function status(value: string): Test {
  switch (value.toLowerCase()) {
    case 'open':
    case 'pending':
    case 'new':
      return (change) => change.status === 'NEW';
    case 'closed':
      return (change) => change.status !== 'NEW';
    case 'merged':
      return (change) => change.status === 'MERGED' && change.stale <= 0;
    case 'abandoned':
      return (change) => change.status === 'ABANDONED';
    case 'wip':
      return (change) => change.workInProgress;
    default:
      return () => false;
  }
}

/** `2006-01-02[ 15:04:05[.890][ -0700]]`, UTC unless it says otherwise; whole seconds. @throws Refusal 400 */
function moment(value: string): number {
  const [, day = '', time = '00:00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(?: ([+-]\d{4}))?$/.exec(value) ?? [];
  const ms = Date.parse(`${day}T${time}${zone}`);
  if (Number.isNaN(ms)) throw new Refusal(400, `'${value}' is not a valid date`);
  return ms;
}
