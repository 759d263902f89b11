import { ALL_PROJECTS, type AccessRule, type GerritProject, type Permission } from '#sandbox/gerrit/project.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import {
  accountOf,
  administrator,
  type Call,
  entriesIn,
  fieldOf,
  groupName,
  ok,
  projectOf,
  type RestAnswer,
  type Route,
  textIn,
} from '#sandbox/gerrit/rest/call.ts';

/** `/access/`, and what a project grants (rest-api-access.txt, rest-api-projects.txt "Check Access"). */
export const accessRoutes: readonly Route[] = [
  { method: 'GET', path: 'projects/*/check.access', answer: checkAccess },
  { method: 'GET', path: 'projects/*/access', answer: (call) => ok(accessInfo(call, projectOf(call))) },
  { method: 'POST', path: 'projects/*/access', answer: changeAccess },
  { method: 'GET', path: 'access', answer: access },
];

const refPermissions: ReadonlySet<string> = new Set([
  'read',
  'push',
  'create',
  'delete',
  'forge_author',
  'forge_committer',
  'merge',
  'update',
  'force_update',
]);

/** Answers 200 with the verdict inside. It knows no `submit` and no labels. */
function checkAccess(call: Call): RestAnswer {
  const { site, query, who } = call;
  if (!site.access.capable(who, 'viewAccess')) throw new Refusal(403, 'view access not permitted');
  const project = projectOf(call);
  const account = accountOf(call, query.get('account') ?? '', 422);
  const [ref, permission] = [query.get('ref'), query.get('perm')];
  if (permission !== null && ref === null) throw new Refusal(400, "must set 'ref' when specifying 'permission'");
  if (permission !== null && !refPermissions.has(permission)) throw new Refusal(400, `'${permission}' is not recognized as ref permission`);
  if (!site.access.readsProject(account, project)) {
    return ok({ message: `user ${account.id} cannot see project ${project.name}`, status: 403, debug_logs: [] });
  }
  const asked = permission ?? 'read';
  const allowed =
    ref === null || (asked === 'read' ? site.access.reads(account, project, ref) : site.access.may(account, project, ref, asked));
  const log = `'${account.username}' ${allowed ? 'can' : 'cannot'} perform '${asked}' with force=false on project '${project.name}' for ref '${ref ?? ''}'`;
  if (allowed) return ok({ status: 200, debug_logs: [log] });
  return ok({
    message: `user ${account.id} lacks permission ${asked} for ${ref} in project ${project.name}`,
    status: 403,
    debug_logs: [log],
  });
}

function access(call: Call): RestAnswer {
  const names = call.query.getAll('project');
  return ok(Object.fromEntries(names.map((name) => [name, accessInfo(call, projectOf({ ...call, params: [name] }))])));
}

/** ProjectAccessInfo. Who may not read `refs/meta/config` sees which refs have sections, but none of their permissions. */
function accessInfo({ site, who }: Call, project: GerritProject): object {
  const admin = site.accounts.isAdmin(who);
  const visible = site.access.reads(who, project, 'refs/meta/config');
  const sections = Object.entries(project.access).filter(
    ([pattern]) => visible || (pattern !== 'GLOBAL_CAPABILITIES' && site.access.reads(who, project, pattern)),
  );
  const uuids = new Set(sections.flatMap(([, { permissions }]) => Object.values(permissions).flatMap(({ rules }) => Object.keys(rules))));
  const groups = [...uuids].map((uuid): [string, object] => {
    const name = groupName(site, uuid);
    return [uuid, uuid.startsWith('global:') ? { name } : { url: `#/admin/groups/uuid-${uuid}`, name }];
  });
  const parent = { id: ALL_PROJECTS, name: ALL_PROJECTS, description: 'Access inherited by all other projects.', state: 'ACTIVE' };
  return {
    revision: project.config,
    ...(project.name === ALL_PROJECTS ? {} : { inherits_from: parent }),
    local: Object.fromEntries(
      sections.map(([pattern, { permissions }]) => [pattern, { permissions: visible ? shownPermissions(permissions) : {} }]),
    ),
    ...(admin ? { is_owner: true } : {}),
    owner_of: admin ? Object.keys(project.access).filter((pattern) => pattern.startsWith('refs/')) : [],
    ...(admin ? { can_upload: true, can_add: true, can_add_tags: true } : {}),
    config_visible: visible,
    groups: Object.fromEntries(groups),
    config_web_links: [],
  };
}

function shownPermissions(permissions: Readonly<Record<string, Permission>>): object {
  const rule = (name: string, { action = 'ALLOW', force = false, min, max }: AccessRule): object => ({
    action,
    force,
    ...(name.startsWith('label-') ? { min: min ?? 0, max: max ?? 0 } : {}),
  });
  return Object.fromEntries(
    Object.entries(permissions).map(([name, { exclusive, rules }]) => [
      name,
      {
        ...(name.startsWith('label-') ? { label: name.slice('label-'.length) } : {}),
        ...(exclusive === true ? { exclusive } : {}),
        rules: Object.fromEntries(Object.entries(rules).map(([group, each]) => [group, rule(name, each)])),
      },
    ]),
  );
}

/** `add` and `remove` of ProjectAccessInput. */
async function changeAccess(call: Call): Promise<RestAnswer> {
  const by = administrator(call, 'edit access');
  const project = projectOf(call);
  const next: Record<string, { permissions: Record<string, Permission> }> = {};
  for (const [pattern, { permissions }] of Object.entries(project.access)) next[pattern] = { permissions: { ...permissions } };
  for (const [pattern, section] of entriesIn(call.body, 'remove'))
    for (const [name] of entriesIn(section, 'permissions')) delete next[pattern]?.permissions[name];
  for (const [pattern, section] of entriesIn(call.body, 'add')) {
    const into = (next[pattern] ??= { permissions: {} }).permissions;
    for (const [name, permission] of entriesIn(section, 'permissions')) {
      into[name] = { exclusive: fieldOf(permission, 'exclusive') === true, rules: { ...into[name]?.rules, ...rulesIn(permission) } };
    }
  }
  await call.site.setAccess(project, next, by);
  return ok(accessInfo(call, project));
}

function rulesIn(permission: unknown): Readonly<Record<string, AccessRule>> {
  return Object.fromEntries(
    entriesIn(permission, 'rules').map(([group, rule]): [string, AccessRule] => {
      const number = (key: string): number => Number(fieldOf(rule, key) ?? 0);
      const action = textIn(rule, 'action') === 'BLOCK' ? 'BLOCK' : 'ALLOW';
      return [group, { action, force: fieldOf(rule, 'force') === true, min: number('min'), max: number('max') }];
    }),
  );
}
