import { ZEROS } from '#sandbox/gerrit/git/project-git.ts';
import { ALL_PROJECTS, type GerritProject, submitTypes } from '#sandbox/gerrit/project.ts';
import { pushDirectly } from '#sandbox/gerrit/push.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import {
  administrator,
  type Call,
  caller,
  created,
  notFound,
  ok,
  projectOf,
  type RestAnswer,
  type Route,
  textIn,
} from '#sandbox/gerrit/rest/call.ts';
import { commitInfo, subjectsOf } from '#sandbox/gerrit/rest/change-info.ts';

/** `/projects/` (rest-api-projects.txt). */
export const projectRoutes: readonly Route[] = [
  { method: 'GET', path: 'projects', answer: list },
  { method: 'GET', path: 'projects/*', answer: (call) => ok(projectInfo(projectOf(call), true)) },
  { method: 'PUT', path: 'projects/*', answer: create },
  { method: 'GET', path: 'projects/*/HEAD', answer: (call) => ok(`refs/heads/${projectOf(call).branch}`) },
  { method: 'GET', path: 'projects/*/branches', answer: branches },
  { method: 'GET', path: 'projects/*/branches/*', answer: branch },
  { method: 'PUT', path: 'projects/*/branches/*', answer: createBranch },
  { method: 'DELETE', path: 'projects/*/branches/*', answer: deleteBranch },
  { method: 'GET', path: 'projects/*/tags', answer: tags },
  { method: 'GET', path: 'projects/*/tags/*', answer: tag },
  { method: 'GET', path: 'projects/*/commits/*', answer: commit },
  { method: 'GET', path: 'projects/*/commits/*/in', answer: commitIn },
];

function projectInfo(project: GerritProject, full: boolean): object {
  const labels = Object.fromEntries(project.labels.map(({ name, values }) => [name, { values, default_value: 0 }]));
  return {
    id: encodeURIComponent(project.name),
    ...(full ? { name: project.name, ...(project.name === ALL_PROJECTS ? {} : { parent: ALL_PROJECTS }) } : {}),
    ...(project.description === undefined ? {} : { description: project.description }),
    state: 'ACTIVE',
    ...(full ? { labels } : {}),
  };
}

function list({ site, who }: Call): RestAnswer {
  const seen = [...site.projects.values()].filter((project) => site.access.readsProject(who, project));
  const sorted = seen.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return ok(Object.fromEntries(sorted.map((project) => [project.name, projectInfo(project, false)])));
}

async function create(call: Call): Promise<RestAnswer> {
  const by = administrator(call, 'create project');
  const { site, params, body } = call;
  const [name = ''] = params;
  if (site.projects.has(name)) throw new Refusal(409, `Project already exists: ${name}`);
  const [description, asked] = [textIn(body, 'description'), textIn(body, 'submit_type')];
  const submitType = submitTypes.find((each) => each === asked);
  const made = await site.createProject(
    { name, ...(description === undefined ? {} : { description }), ...(submitType === undefined ? {} : { submitType }) },
    by,
  );
  return created(projectInfo(made, true));
}

async function branches(call: Call): Promise<RestAnswer> {
  const { site, who, query } = call;
  const project = projectOf(call);
  const refs = [...(await project.git.refs('refs/'))].filter(([ref]) => ref.startsWith('refs/heads/') || ref === 'refs/meta/config');
  const seen = refs.filter(([ref]) => site.access.reads(who, project, ref)).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const head = `refs/heads/${project.branch}`;
  const all = [
    ...(seen.some(([ref]) => ref === head) ? [{ ref: 'HEAD', revision: project.branch }] : []),
    ...seen.map(([ref, revision]) => ({ ref, revision, ...(mayDelete(call, project, ref) ? { can_delete: true } : {}) })),
  ];
  const [skip, most] = [Number(query.get('S') ?? query.get('s') ?? 0), Number(query.get('n') ?? all.length)];
  return ok(all.slice(skip, skip + most));
}

function rank(ref: string): number {
  return ref === 'refs/meta/config' ? 0 : 1;
}

function mayDelete({ site, who }: Call, project: GerritProject, ref: string): boolean {
  return ref.startsWith('refs/heads/') && ref !== `refs/heads/${project.branch}` && site.access.may(who, project, ref, 'push', true);
}

async function branch(call: Call): Promise<RestAnswer> {
  const project = projectOf(call);
  const [, name = ''] = call.params;
  const ref = name.startsWith('refs/') ? name : `refs/heads/${name}`;
  const revision = call.site.access.reads(call.who, project, ref) ? await project.git.ref(ref) : ZEROS;
  if (revision === ZEROS) throw notFound(name);
  return ok({ ref, revision, ...(mayDelete(call, project, ref) ? { can_delete: true } : {}) });
}

async function createBranch(call: Call): Promise<RestAnswer> {
  const by = caller(call);
  const project = projectOf(call);
  const ref = `refs/heads/${(call.params[1] ?? '').replace(/^refs\/heads\//, '')}`;
  const from = textIn(call.body, 'revision') ?? `refs/heads/${project.branch}`;
  const after = /^[0-9a-f]{40}$/.test(from) ? from : await project.git.ref(from.startsWith('refs/') ? from : `refs/heads/${from}`);
  if ((await project.git.ref(ref)) !== ZEROS) throw new Refusal(409, `branch "${ref}" already exists`);
  await call.site.write(() => pushDirectly(call.site, project, { ref, before: ZEROS, after }, by));
  return created({ ref, revision: after, can_delete: true });
}

async function deleteBranch(call: Call): Promise<RestAnswer> {
  const by = caller(call);
  const project = projectOf(call);
  const ref = `refs/heads/${(call.params[1] ?? '').replace(/^refs\/heads\//, '')}`;
  const before = await project.git.ref(ref);
  if (before === ZEROS) throw notFound(ref);
  await call.site.write(() => pushDirectly(call.site, project, { ref, before, after: ZEROS }, by));
  return { status: 204 };
}

async function tags(call: Call): Promise<RestAnswer> {
  const project = projectOf(call);
  const refs = [...(await project.git.refs('refs/tags/'))].filter(([ref]) => call.site.access.reads(call.who, project, ref));
  return ok(await Promise.all(refs.map(([ref, id]) => tagInfo(project, ref, id))));
}

async function tag(call: Call): Promise<RestAnswer> {
  const project = projectOf(call);
  const ref = `refs/tags/${(call.params[1] ?? '').replace(/^refs\/tags\//, '')}`;
  const id = call.site.access.reads(call.who, project, ref) ? await project.git.ref(ref) : ZEROS;
  if (id === ZEROS) throw notFound(call.params[1] ?? '');
  return ok(await tagInfo(project, ref, id));
}

/** TagInfo: an annotated tag names its commit as `object`. */
async function tagInfo(project: GerritProject, ref: string, id: string): Promise<object> {
  const peeled = (await project.git.text(['rev-parse', `${id}^{commit}`])).trim();
  if (peeled === id) return { ref, revision: id };
  const text = await project.git.text(['cat-file', 'tag', id]);
  return { ref, revision: id, object: peeled, message: text.slice(text.indexOf('\n\n') + 2).trimEnd() };
}

async function commit(call: Call): Promise<RestAnswer> {
  const project = projectOf(call);
  const [, id = ''] = call.params;
  const found = await project.git.commit(id);
  if (found === undefined) throw notFound(id);
  return ok(commitInfo(found, await subjectsOf(project, found)));
}

async function commitIn(call: Call): Promise<RestAnswer> {
  const project = projectOf(call);
  const [, id = ''] = call.params;
  if ((await project.git.commit(id)) === undefined) throw notFound(id);
  const seen = async (prefix: string): Promise<readonly string[]> =>
    (await project.git.containing(id, prefix)).filter((name) => call.site.access.reads(call.who, project, `${prefix}${name}`));
  return ok({ branches: await seen('refs/heads/'), tags: await seen('refs/tags/') });
}
