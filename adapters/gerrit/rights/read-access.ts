import { z } from 'zod';
import { limits } from '#core/limits.ts';
import type { Asking, GerritClient } from '../rest/client.ts';
import { query } from '../rest/paths.ts';
import type { AccessRule, RuleSection } from './access-rules.ts';

const rule = z.object({ action: z.string(), force: z.boolean().optional() });
const permission = z.object({ exclusive: z.boolean().optional(), rules: z.record(z.string(), rule).default({}) });

/** `ProjectAccessInfo` ("Access Rights Endpoints"). */
const ProjectAccess = z.object({
  inherits_from: z.object({ name: z.string(), state: z.string().optional() }).optional(),
  local: z.record(z.string(), z.object({ permissions: z.record(z.string(), permission) })).default({}),
  /** Absent or false: what is listed is filtered, by what our account may read. */
  config_visible: z.boolean().optional(),
});
type ProjectAccess = z.output<typeof ProjectAccess>;

const Accesses = z.record(z.string(), ProjectAccess);

/** The access rules that hold for a project. */
export interface AccessRules {
  /** The project, then what it inherits from. */
  readonly chain: readonly ProjectAccess[];
  /** Why they are not all known; null when they are. */
  readonly hidden: string | null;
}

/** Reads a project's access rules and those that it inherits, one after the other. @throws HeadgateError SOURCE_… */
export async function readAccess(client: Pick<GerritClient, 'get'>, project: string, asking: Asking): Promise<AccessRules> {
  const chain: ProjectAccess[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined = project; next !== undefined; ) {
    if (seen.has(next) || seen.size > limits.gerritRights.parents)
      return { chain, hidden: `${project} inherits from more projects than are looked at` };
    seen.add(next);
    const access = await accessOf(client, next, asking);
    if (access === undefined) return { chain, hidden: `the access rules of ${next} cannot be seen` };
    if (access.config_visible !== true)
      return { chain, hidden: `the access rules of ${next} are shown in part: our account may not read its refs/meta/config` };
    chain.push(access);
    next = access.inherits_from?.name;
  }
  return { chain, hidden: null };
}

async function accessOf(client: Pick<GerritClient, 'get'>, project: string, asking: Asking): Promise<ProjectAccess | undefined> {
  const found = await client.get(Accesses, `/access/${query({ project })}`, asking);
  return 'data' in found && Object.hasOwn(found.data, project) ? found.data[project] : undefined;
}

/** What they say of one permission, for every pattern of refs. */
export function sectionsOf({ chain }: AccessRules, name: string): readonly RuleSection[] {
  return chain.flatMap(({ local }, depth) =>
    Object.entries(local).flatMap(([pattern, { permissions }]) => {
      const own = Object.hasOwn(permissions, name) ? permissions[name] : undefined;
      if (own === undefined || !/^\^?refs\//.test(pattern)) return [];
      return [{ depth, pattern, exclusive: own.exclusive === true, rules: rulesOf(own.rules) }];
    }),
  );
}

/** Other actions are those of capabilities. */
function rulesOf(rules: Readonly<Record<string, z.output<typeof rule>>>): readonly AccessRule[] {
  return Object.entries(rules).flatMap(([group, { action, force = false }]) =>
    action === 'ALLOW' || action === 'DENY' || action === 'BLOCK' ? [{ group, action, force }] : [],
  );
}

/** Groups that own the project: those that `refs/*` of it or of what it inherits from calls owners (server/project/ProjectState.java, getAllOwners). */
export function ownersOf(rules: AccessRules): readonly string[] {
  return sectionsOf(rules, 'owner')
    .filter(({ pattern }) => pattern === 'refs/*')
    .flatMap((section) => section.rules.filter(({ action }) => action === 'ALLOW').map(({ group }) => group));
}
