import { Refusal } from '#sandbox/gerrit/refusal.ts';
import {
  administrator,
  type Call,
  fieldOf,
  notFound,
  ok,
  type RestAnswer,
  type Route,
  stringsIn,
  textIn,
} from '#sandbox/gerrit/rest/call.ts';
import { VERSION } from '#sandbox/gerrit/ssh/command.ts';
import type { Plugins, Site } from '#sandbox/gerrit/site.ts';
import type { WebhookRemote, Webhooks } from '#sandbox/gerrit/webhooks/webhooks.ts';

/** `/config/`, `/plugins/`, and the REST API of the webhooks plugin (its rest-api-config.md). */
export function configRoutes(webhooks: Webhooks, { plugins }: Site): readonly Route[] {
  const remotes = 'config/server/webhooks~projects/*/remotes';
  return [
    { method: 'GET', path: 'config/server/version', answer: () => ok(VERSION) },
    { method: 'GET', path: 'config/server/info', answer: info },
    { method: 'GET', path: 'plugins', answer: () => ok(pluginInfos(plugins)) },
    { method: 'GET', path: remotes, answer: (call) => listRemotes(call, webhooks, plugins) },
    { method: 'GET', path: `${remotes}/*`, answer: (call) => oneRemote(call, webhooks, plugins) },
    { method: 'PUT', path: `${remotes}/*`, answer: (call) => putRemote(call, webhooks, plugins) },
    { method: 'DELETE', path: `${remotes}/*`, answer: (call) => deleteRemote(call, webhooks, plugins) },
  ];
}

function info({ site }: Call): RestAnswer {
  return ok({
    accounts: { visibility: 'ALL', default_display_name: 'FULL_NAME' },
    auth: {
      auth_type: 'DEVELOPMENT_BECOME_ANY_ACCOUNT',
      editable_account_fields: ['FULL_NAME', 'USER_NAME'],
      git_basic_auth_policy: 'HTTP',
      max_token_lifetime: 0,
    },
    change: {
      allow_blame: true,
      update_delay: 300,
      submit_whole_topic: site.options.submitWholeTopic,
      mergeability_computation_behavior: 'NEVER',
      conflicts_predicate_enabled: true,
    },
    download: { schemes: {}, archives: ['tgz', 'tar', 'tbz2', 'txz'] },
    gerrit: {
      all_projects: 'All-Projects',
      all_users: 'All-Users',
      doc_search: false,
      ...(site.options.instanceId === undefined ? {} : { instance_id: site.options.instanceId }),
      project_state_predicate_enabled: true,
    },
    groups: {},
    note_db_enabled: true,
    plugin: { js_resource_paths: [] },
    sshd: {},
    suggest: { from: 0 },
    user: { anonymous_coward_name: 'Name of user not set' },
    receive: { enable_signed_push: false },
    submit_requirement_dashboard_columns: [],
    metadata: [],
  });
}

function pluginInfos({ webhooks, eventsLog, downloadCommands }: Plugins): object {
  const plugin = (id: string, version: string): object => ({
    id,
    version,
    api_version: VERSION,
    index_url: `plugins/${id}/`,
    filename: `${id}.jar`,
  });
  return {
    ...(downloadCommands ? { 'download-commands': plugin('download-commands', 'v3.14.2') } : {}),
    ...(eventsLog ? { 'events-log': plugin('events-log', 'v3.14') } : {}),
    ...(webhooks ? { webhooks: plugin('webhooks', 'v3.14.2-13f28d19') } : {}),
  };
}

function assertInstalled({ webhooks }: Plugins): void {
  if (!webhooks) throw new Refusal(404, 'Not found: webhooks~projects');
}

function listRemotes({ params }: Call, webhooks: Webhooks, plugins: Plugins): RestAnswer {
  assertInstalled(plugins);
  return ok(Object.fromEntries(webhooks.remotes(params[0] ?? '')));
}

function oneRemote({ params: [project = '', name = ''] }: Call, webhooks: Webhooks, plugins: Plugins): RestAnswer {
  assertInstalled(plugins);
  const remote = webhooks.remotes(project).get(name);
  if (remote === undefined) throw notFound(name);
  return ok(remote);
}

/** Merges into what is there; keys that it does not know are ignored. Even an administrator needs Push on `refs/meta/config`. */
function putRemote(call: Call, webhooks: Webhooks, plugins: Plugins): RestAnswer {
  assertInstalled(plugins);
  const [project = '', name = ''] = call.params;
  assertMayWrite(call, project);
  const before = webhooks.remotes(project).get(name);
  const remote = mergedRemote(before, call.body);
  webhooks.put(project, name, remote);
  return { status: before === undefined ? 201 : 200, json: remote };
}

const fresh = { events: [], connection_timeout: 5_000, socket_timeout: 5_000, max_tries: 5, retry_interval: 1_000, ssl_verify: false };

function mergedRemote(before: WebhookRemote | undefined, body: unknown): WebhookRemote {
  const url = textIn(body, 'url') ?? before?.url;
  if (url === undefined) throw new Refusal(400, 'url is required');
  const last: Omit<WebhookRemote, 'url'> = before ?? fresh;
  const number = (key: keyof typeof fresh): number => Number(fieldOf(body, key) ?? last[key]);
  return {
    url,
    events: fieldOf(body, 'events') === undefined ? last.events : stringsIn(body, 'events'),
    connection_timeout: number('connection_timeout'),
    socket_timeout: number('socket_timeout'),
    max_tries: number('max_tries'),
    retry_interval: number('retry_interval'),
    ssl_verify: (fieldOf(body, 'ssl_verify') ?? last.ssl_verify) === true,
  };
}

function deleteRemote(call: Call, webhooks: Webhooks, plugins: Plugins): RestAnswer {
  assertInstalled(plugins);
  const {
    params: [project = '', name = ''],
  } = call;
  assertMayWrite(call, project);
  if (!webhooks.delete(project, name)) throw notFound(name);
  return { status: 204 };
}

function assertMayWrite(call: Call, name: string): void {
  const who = administrator(call, 'update webhooks');
  const project = call.site.projects.get(name);
  if (project === undefined) throw notFound(name);
  if (!call.site.access.may(who, project, 'refs/meta/config', 'push')) throw new Refusal(403, 'not allowed to update webhooks');
}
