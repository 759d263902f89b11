import type { Who } from '#sandbox/gerrit/access.ts';
import type { Change } from '#sandbox/gerrit/change.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

type Test = (change: Change) => boolean;

/** The changes that a reader sees and a query names, those updated last first (user-search.txt). @throws Refusal 400 */
export function queried(site: Site, who: Who, query: string): readonly Change[] {
  const wanted = new QueryParser(query, who).parse();
  const found = site.changes.filter((change) => {
    const project = site.projects.get(change.project);
    return project !== undefined && site.access.readsChange(who, project, change) && wanted(change);
  });
  return found.toSorted((a, b) => b.updated - a.updated || b.number - a.number);
}

/** Words apart by spaces, a value in quotes or braces being one; `AND` may be left out, `OR` binds less, `-` and `NOT` turn around. */
class QueryParser {
  readonly #query: string;
  readonly #tokens: string[];
  readonly #who: Who;

  constructor(query: string, who: Who) {
    this.#query = query;
    this.#tokens = query.match(/-?\(|\)|(?:[^\s"{()]+|"[^"]*"|\{[^}]*\})+/g) ?? [];
    this.#who = who;
  }

  parse(): Test {
    const test = this.#or();
    if (this.#tokens.length > 0) throw new Refusal(400, `line 1:0 no viable alternative at input '${this.#query}'`);
    return test;
  }

  #or(): Test {
    const tests = [this.#and()];
    while (this.#tokens[0] === 'OR') {
      this.#tokens.shift();
      tests.push(this.#and());
    }
    return (change) => tests.some((each) => each(change));
  }

  #and(): Test {
    const tests: Test[] = [];
    while (this.#tokens.length > 0 && this.#tokens[0] !== ')' && this.#tokens[0] !== 'OR') tests.push(this.#one());
    return (change) => tests.every((each) => each(change));
  }

  #one(): Test {
    const token = this.#tokens.shift() ?? '';
    if (token === 'AND' || token.startsWith('limit:')) return () => true;
    if (token === 'NOT') return not(this.#one());
    if (!token.endsWith('(')) return test(token, this.#who);
    const inner = this.#or();
    if (this.#tokens.shift() !== ')') throw new Refusal(400, `line 1:0 no viable alternative at input '${this.#query}'`);
    return token === '-(' ? not(inner) : inner;
  }
}

function not(inner: Test): Test {
  return (change) => !inner(change);
}

function test(word: string, who: Who): Test {
  if (word.startsWith('-')) return not(test(word.slice(1), who));
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
