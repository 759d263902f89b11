import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLog } from '#core/ports/telemetry.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import { serveGit } from '#sandbox/git/git-http.ts';

/** A git host on loopback: smart HTTP over real bare repositories, with a password if there is one. */
export interface GitHost {
  readonly url: string;
  /** A directory for whoever tests; it goes away with the host. */
  readonly scratch: string;
  /** `user:password` that everybody must show. */
  credentials: string | undefined;
  /** Answers in place of git, when it returns true. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Whether the newer protocol is spoken. */
  version2: boolean;
  readonly requests: readonly { readonly url: string; readonly authorization: string | undefined }[];
  /** @returns path of the bare repository */
  createRepository(name: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startGitHost(): Promise<GitHost> {
  const root = await mkdtemp(join(tmpdir(), 'headgate-git-host-'));
  const git = new GitRunner();
  const requests: { url: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', authorization: request.headers.authorization });
    if (host.instead?.(request, response)) return;
    if (host.credentials !== undefined && request.headers.authorization !== `Basic ${btoa(host.credentials)}`) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    }
    void serve(root, git, host.version2, request, response);
  });
  const host: GitHost = {
    url: await listen(server),
    scratch: join(root, 'scratch'),
    credentials: undefined,
    instead: undefined,
    version2: true,
    requests,
    async createRepository(name) {
      const directory = join(root, 'repositories', `${name}.git`);
      await git.run(['init', '--quiet', '--bare', '--initial-branch=main', directory]);
      await git.run([`--git-dir=${directory}`, 'config', 'uploadpack.allowFilter', 'true']);
      return directory;
    },
    async stop() {
      server.closeAllConnections();
      await promisify(server.close.bind(server))();
      await rm(root, { recursive: true, force: true });
    },
  };
  return host;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(root: string, git: GitRunner, version2: boolean, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const [, name, service] = /^\/(.+)\.git(\/info\/refs|\/git-upload-pack)$/.exec(decodeURIComponent(path)) ?? [];
  if (name === undefined || service === undefined) return void response.writeHead(404).end();
  if (!version2) delete request.headers['git-protocol'];
  await serveGit(git, silentLog, { directory: join(root, 'repositories', `${name}.git`), service, query, user: '' }, request, response);
}
