import type { Access, Who } from '#sandbox/gerrit/access.ts';
import { systemGroups, type GerritAccount, type GerritGroup } from '#sandbox/gerrit/account.ts';
import type { Change } from '#sandbox/gerrit/change.ts';
import type { GerritProject } from '#sandbox/gerrit/project.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

/** One request to the REST API. */
export interface Call {
  readonly site: Site;
  readonly who: Who;
  /** What the path names, decoded. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** Undefined = none was sent. */
  readonly body: unknown;
}

export interface RestAnswer {
  readonly status: number;
  /** Goes out behind `)]}'`. */
  readonly json?: unknown;
  readonly text?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Segments; `*` stands for one that is a parameter. */
  readonly path: string;
  readonly answer: (call: Call) => RestAnswer | Promise<RestAnswer>;
}

export function ok(json: unknown): RestAnswer {
  return { status: 200, json };
}

export function created(json: unknown): RestAnswer {
  return { status: 201, json };
}

export function notFound(what: string): Refusal {
  return new Refusal(404, `Not found: ${what}`);
}

/** @throws Refusal 403 when nobody is logged in */
export function caller({ who }: Call): GerritAccount {
  if (who === undefined) throw new Refusal(403, 'Authentication required');
  return who;
}

/** @throws Refusal 403 unless the caller is an administrator */
export function administrator(call: Call, what: string): GerritAccount {
  const who = caller(call);
  if (!call.site.accounts.isAdmin(who)) throw new Refusal(403, `${what} not permitted`);
  return who;
}

/** A project that the caller sees. @throws Refusal 404 */
export function projectOf({ site, who, params }: Call): GerritProject {
  const [name = ''] = params;
  const project = site.projects.get(name);
  if (project === undefined || !site.access.readsProject(who, project)) throw notFound(name);
  return project;
}

/** A change by `project~number`, number, `project~branch~Change-Id` or Change-Id, that the caller sees. @throws Refusal 404 */
export function changeOf({ site, who, params }: Call): Change {
  const [id = ''] = params;
  const found = site.changes.filter((change) => named(change, id)).filter((change) => visible(site.access, who, site, change));
  const [change] = found;
  if (change === undefined || found.length > 1) throw notFound(id);
  return change;
}

/** @throws Refusal 404 when there is none, or only one that is not active */
export function accountOf({ site, who }: Call, id: string, status = 404): GerritAccount {
  if (id === 'self') {
    if (who === undefined) throw new Refusal(403, "Resolving account 'self' requires login");
    return who;
  }
  const number = /^\d+$/.test(id) ? site.accounts.byId(Number(id)) : undefined;
  if (number !== undefined) return number;
  const account = site.accounts.accounts.find((each) => [each.username, each.email].includes(id));
  if (account === undefined) throw new Refusal(status, `Account '${id}' not found`);
  if (account.active) return account;
  const hint = 'To use an inactive account, retry with one of the following exact account IDs:';
  throw new Refusal(status, `Account '${id}' only matches inactive accounts. ${hint}\n${account.id}: ${account.name} <${account.email}>`);
}

/** A group that the caller sees, by name, UUID or number. @throws Refusal 404 */
export function groupOf({ site, who }: Call, id: string): GerritGroup {
  const group = site.accounts.group(id);
  if (group === undefined || !site.accounts.seesGroup(who, group)) throw new Refusal(404, id);
  return group;
}

/** A string field of the body. */
export function textIn(body: unknown, key: string): string | undefined {
  const value = fieldOf(body, key);
  return typeof value === 'string' ? value : undefined;
}

export function fieldOf(body: unknown, key: string): unknown {
  return typeof body === 'object' && body !== null ? Object.entries(body).find(([name]) => name === key)?.[1] : undefined;
}

/** Entries of a field that is an object. */
export function entriesIn(body: unknown, key: string): readonly (readonly [string, unknown])[] {
  const value = fieldOf(body, key);
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

export function stringsIn(body: unknown, key: string): readonly string[] {
  const value = fieldOf(body, key);
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

/** `2026-11-21 07:46:56.000000000`, in UTC; Gerrit keeps whole seconds. */
export function timestamp(ms: number): string {
  return `${new Date(Math.floor(ms / 1_000) * 1_000).toISOString().slice(0, 19).replace('T', ' ')}.000000000`;
}

export function groupName(site: Site, uuid: string): string {
  return systemGroups.get(uuid) ?? site.accounts.group(uuid)?.name ?? uuid;
}

function named(change: Change, id: string): boolean {
  const { number, project, branch, changeId } = change;
  const ids = [
    String(number),
    changeId,
    `${project}~${number}`,
    `${project}~${branch}~${changeId}`,
    `${project}~refs/heads/${branch}~${changeId}`,
  ];
  return ids.includes(id) || ids.includes(decoded(id));
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function visible(access: Access, who: Who, site: Site, change: Change): boolean {
  const project = site.projects.get(change.project);
  return project !== undefined && access.readsChange(who, project, change);
}
