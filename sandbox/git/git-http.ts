import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { startFailure, type GitRunner } from '#sandbox/git/git-runner.ts';

/** A request of git's smart HTTP protocol. */
export interface GitRequest {
  /** Absolute path of the bare repository. */
  readonly directory: string;
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  readonly service: string;
  readonly query: string;
  /** Who pushes, for receive-pack. */
  readonly user: string;
}

/**
 * Answers through `git http-backend` (CGI, git-http-backend(1)), bounded in time and size.
 * Resolves with the HTTP status when git has ended.
 */
export function serveGit(
  git: Pick<GitRunner, 'environment'>,
  log: Log,
  wanted: GitRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('git', ['http-backend'], {
      env: environment(git, wanted, request),
      timeout: limits.sandbox.gitTimeout,
      stdio: 'pipe',
    });
    const answer = new CgiAnswer(response);
    child.stdout.on('data', (chunk: Buffer) => answer.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => log.debug('git http-backend', { message: chunk.toString('utf8').trim() }));
    child.on('error', (error) => log.error('git http-backend did not start', { error: startFailure(error).message }));
    child.on('close', () => resolve(answer.end()));
    child.stdin.on('error', () => {}); // git has heard enough; its answer tells why
    feed(request, child);
    response.on('close', () => child.kill());
  });
}

function environment(
  git: Pick<GitRunner, 'environment'>,
  { directory, service, query, user }: GitRequest,
  request: IncomingMessage,
): Record<string, string> {
  const { headers, method = 'GET' } = request;
  const optional = {
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: typeof headers['git-protocol'] === 'string' ? headers['git-protocol'] : undefined,
  };
  const given = Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...git.environment,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_TRANSLATED: `${directory}${service}`,
    PATH_INFO: service,
    QUERY_STRING: query,
    REQUEST_METHOD: method,
    CONTENT_TYPE: headers['content-type'] ?? '',
    REMOTE_USER: user,
    REMOTE_ADDR: '127.0.0.1',
    ...Object.fromEntries(given),
  };
}

function feed(request: IncomingMessage, child: ChildProcessWithoutNullStreams): void {
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > limits.sandbox.gitBodyBytes) child.kill('SIGKILL');
  });
  request.pipe(child.stdin);
}

/** Headers first, then the body, as a CGI program writes them. */
class CgiAnswer {
  readonly #response: ServerResponse;
  #head = Buffer.alloc(0);
  #begun = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(chunk: Buffer): void {
    if (this.#begun) return void this.#response.write(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#begin(this.#head.toString('latin1', 0, end));
    this.#response.write(this.#head.subarray(end + 4));
  }

  /** @returns the HTTP status */
  end(): number {
    if (!this.#begun && !this.#response.headersSent) this.#response.writeHead(500);
    this.#response.end();
    return this.#response.statusCode;
  }

  #begin(head: string): void {
    this.#begun = true;
    let status = 200;
    for (const line of head.split('\r\n')) {
      const [name = '', ...value] = line.split(':');
      if (name.toLowerCase() === 'status') status = Number.parseInt(value.join(':').trim(), 10);
      else this.#response.setHeader(name, value.join(':').trim());
    }
    this.#response.writeHead(status);
  }
}
