import { type AccountBook, type GerritAccount, PROJECT_OWNERS } from '#sandbox/gerrit/account.ts';
import type { Change } from '#sandbox/gerrit/change.ts';
import type { AccessRule, AccessSections, GerritProject, Permission } from '#sandbox/gerrit/project.ts';

export type Who = GerritAccount | undefined;

/** Who may do what: the access sections of a project, then those of All-Projects, the most specific pattern first (access-control.txt). */
export class Access {
  readonly #accounts: AccountBook;
  readonly #all: () => GerritProject;

  constructor(accounts: AccountBook, all: () => GerritProject) {
    this.#accounts = accounts;
    this.#all = all;
  }

  /** A global capability such as `streamEvents`. Administrators have those that are no restriction. */
  capable(who: Who, capability: string): boolean {
    if (who === undefined) return false;
    const groups = this.#accounts.groupsOf(who);
    const rules = this.#all().access['GLOBAL_CAPABILITIES']?.permissions[capability]?.rules ?? {};
    return this.#accounts.isAdmin(who) || Object.keys(rules).some((group) => groups.has(group));
  }

  /** The rules for a permission on a ref that apply to an account. */
  rules(who: Who, project: GerritProject, ref: string, permission: string): readonly AccessRule[] {
    const groups = new Set(this.#accounts.groupsOf(who));
    if (this.#accounts.isAdmin(who)) groups.add(PROJECT_OWNERS);
    return this.#permissions(project, ref, permission).flatMap(({ rules }) =>
      Object.entries(rules).flatMap(([group, rule]) => (groups.has(group) ? [rule] : [])),
    );
  }

  /** @param force a push that is no fast-forward, or deletes */
  may(who: Who, project: GerritProject, ref: string, permission: string, force = false): boolean {
    const rules = this.rules(who, project, ref, permission);
    if (rules.some((rule) => rule.action === 'BLOCK')) return false;
    return rules.some((rule) => !force || rule.force === true);
  }

  /** Administrators read everything; the refs of a change are read by whoever reads its branch. */
  reads(who: Who, project: GerritProject, ref: string, changes: readonly Change[] = []): boolean {
    if (this.#accounts.isAdmin(who)) return true;
    const number = /^refs\/changes\/\d\d\/(\d+)\//.exec(ref)?.[1];
    if (number === undefined) return this.may(who, project, ref, 'read');
    const change = changes.find((each) => each.number === Number(number));
    return change !== undefined && this.readsChange(who, project, change);
  }

  readsChange(who: Who, project: GerritProject, change: Change): boolean {
    if (change.isPrivate && !this.#accounts.isAdmin(who) && who !== change.owner && !(who && change.reviewers.has(who))) return false;
    return this.reads(who, project, `refs/heads/${change.branch}`);
  }

  /** Whether anything of a project can be read. */
  readsProject(who: Who, project: GerritProject): boolean {
    return this.#accounts.isAdmin(who) || this.may(who, project, `refs/heads/${project.branch}`, 'read');
  }

  /** The range of values that an account may give a label; undefined = none. */
  votes(who: Who, project: GerritProject, branch: string, label: string): { readonly min: number; readonly max: number } | undefined {
    const rules = this.rules(who, project, `refs/heads/${branch}`, `label-${label}`);
    if (rules.length === 0) return undefined;
    return { min: Math.min(...rules.map((rule) => rule.min ?? 0)), max: Math.max(...rules.map((rule) => rule.max ?? 0)) };
  }

  /** Most specific first; an exclusive one hides what is less specific. */
  #permissions(project: GerritProject, ref: string, permission: string): readonly Permission[] {
    const own = matching(project.access, ref);
    const inherited = project.name === this.#all().name ? [] : matching(this.#all().access, ref);
    const found: Permission[] = [];
    for (const section of [...own, ...inherited].toSorted((a, b) => b.pattern.length - a.pattern.length)) {
      const given = section.permissions[permission];
      if (given === undefined) continue;
      found.push(given);
      if (given.exclusive === true) break;
    }
    return found;
  }
}

function matching(access: AccessSections, ref: string) {
  return Object.entries(access)
    .filter(([pattern]) => matchesRef(pattern, ref))
    .map(([pattern, { permissions }]) => ({ pattern, permissions }));
}

function matchesRef(pattern: string, ref: string): boolean {
  if (pattern.startsWith('^')) return new RegExp(`${pattern}$`).test(ref);
  if (pattern.endsWith('/*')) return ref === pattern || ref.startsWith(pattern.slice(0, -1));
  return pattern === ref;
}
