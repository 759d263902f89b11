import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createGerritClient } from '#adapters/gerrit/rest/client.ts';
import { createGerritReadBack } from '#adapters/gerrit/rest/read-back.ts';
import { createGitReadBack, type GitReading } from '#adapters/git/read-back.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { silentLog, type Log } from '#core/ports/telemetry.ts';
import { History } from '../../../conformance/read-back/history.ts';
import { startGitHost, type GitHost } from '../../git/git-host.ts';
import { json, type Answer } from './replay.ts';

const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain;charset=utf-8' },
  body: `${body}\n`,
});

/** What tests say that changes, groups and accesses are. */
export interface Told {
  /** All changes, of whatever project; found by the commits of their patch sets. */
  changes: readonly Readonly<Record<string, unknown>>[];
  /** Groups of accounts, by number; others are 404. */
  groups: Readonly<Record<string, readonly string[]>>;
  /** What `check.access` answers for a branch that is not shown. */
  access: (ref: string) => Answer;
  /** Branches that are not shown. */
  hidden: readonly string[];
  /** What `refs/meta/config` leads to, of every project. */
  rules: string;
}

/** Real repositories behind what REST answers about them: branches as git has them, the rest as tests say. */
export interface GerritWorld {
  readonly told: Told;
  readonly host: GitHost;
  readonly readBack: ReadBack;
  /** One that remembers nothing yet. */
  open(): ReadBack;
  readonly mirror: GitReading;
  /** `GET /changes/` of each REST request since the last call. */
  asked(): readonly string[];
  createRepository(name: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startGerritWorld(clock: Clock = systemClock, log: Log = silentLog): Promise<GerritWorld> {
  const host = await startGitHost();
  host.credentials = 'reader:correct';
  const repositories = new Map<string, History>();
  const told: Told = { changes: [], groups: {}, access: () => json({ status: 200 }), hidden: [], rules: 'f'.repeat(40) };
  const asked: string[] = [];
  host.instead = (request, response) => {
    const url = new URL(request.url ?? '', 'http://gerrit');
    if (isGit(request, url)) return false;
    if (request.headers.authorization !== `Basic ${btoa('reader:correct')}`) return send(response, text(401, 'Unauthorized'));
    asked.push(`${request.method} ${url.pathname.slice('/a'.length)}`);
    void answer({ told, repositories }, url).then((one) => send(response, one));
    return true;
  };
  const mirror = createGitReadBack({
    cloneUrl: (project) => `${host.url}/a/${project}`,
    credentials: { kind: 'password', username: 'reader', password: () => 'correct' },
    directory: join(host.scratch, 'mirrors'),
    clock,
    log,
    environment: { PATH: process.env['PATH'] },
  });
  const client = createGerritClient({
    source: 'review',
    url: host.url,
    user: 'reader',
    token: () => Buffer.from('correct'),
    clock,
    env: {},
  });
  const open = (): ReadBack => createGerritReadBack({ url: host.url, client, mirror, clock, log });
  return {
    told,
    host,
    mirror,
    open,
    readBack: open(),
    asked: () => asked.splice(0),
    async createRepository(name) {
      const directory = await host.createRepository(name);
      repositories.set(name, new History(directory));
      return directory;
    },
    stop: () => host.stop(),
  };
}

/** Git is served at `/a/<project>`, without the `.git` that the host of the tests of git has. */
function isGit(request: IncomingMessage, { pathname, search }: URL): boolean {
  const [, project, service] = /^\/a\/(.+)(\/info\/refs|\/git-upload-pack)$/.exec(pathname) ?? [];
  if (project !== undefined) request.url = `/${project}.git${service}${search}`;
  return project !== undefined;
}

function send(response: ServerResponse, { status, headers, body }: Answer): true {
  response.writeHead(status, headers).end(body);
  return true;
}

interface Known {
  readonly told: Told;
  readonly repositories: ReadonlyMap<string, History>;
}

async function answer({ told, repositories }: Known, { pathname, searchParams }: URL): Promise<Answer> {
  const [, kind, id = '', what, ref] = pathname.slice('/a'.length).split('/').map(decodeURIComponent);
  const asked = (name: string): string => searchParams.get(name) ?? '';
  if (kind === 'changes') return json(changesOf(told, asked('q')));
  if (kind === 'access') return json({ [asked('project')]: { revision: told.rules } });
  if (kind === 'accounts') return groupsOf(told, id);
  const history = repositories.get(id);
  if (kind !== 'projects' || history === undefined) return text(404, `Not found: ${id}`);
  if (what === undefined) return json({ name: id });
  if (what === 'check.access') return told.access(asked('ref'));
  const branches = await branchesOf(history, told);
  if (!ref) return json(branches.slice(Number(asked('S'))).slice(0, Number(asked('n'))));
  const branch = branches.find((one) => one.ref === ref);
  return branch ? json(branch) : text(404, `Not found: ${ref}`);
}

async function branchesOf(history: History, { hidden }: Told): Promise<readonly { readonly ref: string; readonly revision: string }[]> {
  const listed = (await history.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads/')).split('\n').filter(Boolean);
  const branches = listed.map((line) => line.split(' ')).map(([ref = '', revision = '']) => ({ ref, revision }));
  return [{ ref: 'HEAD', revision: 'main' }, ...branches.filter(({ ref }) => !hidden.includes(ref))];
}

function changesOf({ changes }: Told, q: string): readonly unknown[] {
  const commits = [...q.matchAll(/commit:([0-9a-f]+)/g)].map(([, commit = '']) => commit);
  const [, project] = /project:"([^"]*)"/.exec(q) ?? [];
  return changes.filter(
    (change) =>
      change['project'] === project && commits.some((commit) => Object.hasOwn((change['revisions'] as object | undefined) ?? {}, commit)),
  );
}

function groupsOf({ groups }: Told, account: string): Answer {
  const found = groups[account];
  return found ? json(found.map((id) => ({ id: encodeURIComponent(id), name: 'a name' }))) : text(404, `Account '${account}' not found`);
}
