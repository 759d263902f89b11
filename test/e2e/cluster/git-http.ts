import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface CommitOptions {
  /** Default `main`. */
  readonly branch?: string;
  readonly message?: string;
  /** A lightweight tag for the new commit. */
  readonly tag?: string;
}

/** A real bare repository, served over smart HTTP. */
export interface HostedRepository {
  readonly name: string;
  /** `http://127.0.0.1:<port>/org/app.git` */
  readonly url: string;
  /**
   * One commit on top of the branch; the branch begins with it when it does not exist yet.
   * @param files path → content; null deletes the file
   * @returns 40 hex digits
   */
  commit(files: Readonly<Record<string, string | null>>, options?: CommitOptions): Promise<string>;
}

export interface GitServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Makes an empty repository. @param name may contain slashes, without `.git` */
  repository(name: string): Promise<HostedRepository>;
  /** While true, every request is answered 503. */
  failing: boolean;
  /** Requests served so far. */
  readonly requests: number;
  stop(): Promise<void>;
}

/** Serves real git repositories on a loopback port through `git http-backend`. */
export async function startGitServer(): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), 'headgate-git-'));
  const state = { failing: false, requests: 0 };
  const server = createServer((request, response) => {
    state.requests++;
    if (state.failing) return void response.writeHead(503).end('out of order');
    serve(root, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    get failing() {
      return state.failing;
    },
    set failing(value) {
      state.failing = value;
    },
    get requests() {
      return state.requests;
    },
    repository: (name) => createRepository(root, url, name),
    stop: () => stop(server, root),
  };
}

async function stop(server: Server, root: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  await rm(root, { recursive: true, force: true });
}

async function createRepository(root: string, server: string, name: string): Promise<HostedRepository> {
  const directory = join(root, `${name}.git`);
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', directory]);
  const branches = new Set<string>();
  let queue: Promise<unknown> = Promise.resolve();
  return {
    name,
    url: `${server}/${name}.git`,
    commit(files, options = {}) {
      const branch = options.branch ?? 'main';
      const next = queue.then(() => importCommit(directory, branch, branches.has(branch), files, options));
      queue = next.then(
        () => branches.add(branch),
        () => undefined,
      );
      return next;
    },
  };
}

/** One `git fast-import`: no work tree, one process for one commit. See git-fast-import(1). */
async function importCommit(
  directory: string,
  branch: string,
  exists: boolean,
  files: Readonly<Record<string, string | null>>,
  options: CommitOptions,
): Promise<string> {
  const stream = [
    `commit refs/heads/${branch}`,
    'mark :1',
    `committer Tester <tester@example.com> ${Math.floor(Date.now() / 1000)} +0000`,
    data(options.message ?? 'A change'),
    ...(exists ? [`from refs/heads/${branch}^0`] : []),
    ...Object.entries(files).map(([path, content]) => (content === null ? `D ${path}` : `M 100644 inline ${path}\n${data(content)}`)),
    '',
    ...(options.tag === undefined ? [] : [`reset refs/tags/${options.tag}`, 'from :1', '']),
    'get-mark :1',
    'done',
    '',
  ].join('\n');
  const child = spawn('git', ['-C', directory, 'fast-import', '--quiet', '--done'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  child.stdin.on('error', () => {}); // an early end shows in the exit code
  child.stdin.end(stream);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`git fast-import ended with ${code}: ${output.stderr}`);
  return output.stdout.trim();
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

/** One CGI request, RFC 3875. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const child = spawn('git', ['http-backend'], { env: { ...process.env, ...cgiVariables(root, request) } });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {}); // the backend may answer before it has read everything
  response.on('close', () => child.kill());
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    writeHead(response, head.subarray(0, end).toString('latin1'));
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  child.on('error', () => response.destroy());
  child.on('close', () => {
    if (head !== undefined) response.writeHead(500);
    response.end();
  });
}

function cgiVariables(root: string, request: IncomingMessage): Record<string, string> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const headers: Record<string, string | undefined> = {
    CONTENT_TYPE: request.headers['content-type'],
    CONTENT_LENGTH: request.headers['content-length'],
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
  };
  return {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: decodeURIComponent(path),
    QUERY_STRING: query,
    REQUEST_METHOD: request.method ?? 'GET',
    REMOTE_ADDR: '127.0.0.1',
    ...Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
