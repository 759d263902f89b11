import { HeadgateError, messageOf } from '#core/errors.ts';
import { errorCodes, type ErrorCode } from '#core/error-codes.ts';
import { limits } from '#core/limits.ts';
import type { ServerAddress } from './find-server.ts';
import type { Io } from './io.ts';
import { Problem } from './schema.ts';

export type Query = Readonly<Record<string, string | undefined>>;

/** Asks a Headgate server. Every call is bounded in time and size, and follows no redirects. */
export interface ApiClient {
  readonly address: ServerAddress;
  /**
   * @param wait how much longer than usual the answer may take, milliseconds
   * @throws HeadgateError with the server's own code, or SERVER_UNREACHABLE
   */
  get(path: string, query?: Query, wait?: number): Promise<unknown>;
  /** Likewise. */
  delete(path: string): Promise<unknown>;
  /** Likewise. */
  post(path: string, body: unknown, query?: Query, wait?: number, headers?: Readonly<Record<string, string>>): Promise<unknown>;
}

export function apiClient(io: Pick<Io, 'fetch' | 'signal'>, address: ServerAddress): ApiClient {
  const ask = async (
    method: string,
    path: string,
    query: Query,
    wait: number,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ) => {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(limits.cli.requestTimeout + wait)]);
    const headers = new Headers({ ...more, accept: 'application/json' });
    if (address.token !== null) headers.set('authorization', `Bearer ${address.token}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    try {
      const response = await io.fetch(urlOf(address.url, path, query), {
        method,
        headers,
        signal,
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return answerOf(response.status, await readBounded(response), address.url);
    } catch (error) {
      throw error instanceof HeadgateError ? error : unreachable(address.url, error);
    }
  };
  return {
    address,
    get: (path, query = {}, wait = 0) => ask('GET', path, query, wait),
    delete: (path) => ask('DELETE', path, {}, 0),
    post: (path, body, query = {}, wait = 0, more = {}) => ask('POST', path, query, wait, body, more),
  };
}

function urlOf(base: string, path: string, query: Query): string {
  const url = new URL(`${base}${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > limits.cli.responseBytes) throw new Error(`the answer is larger than ${limits.cli.responseBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function answerOf(status: number, text: string, url: string): unknown {
  const body = parseJson(text);
  if (status < 300 && body !== undefined) return body;
  const problem = Problem.safeParse(body);
  if (!problem.success) {
    throw new HeadgateError('SERVER_UNREACHABLE', `${url} answered ${status}, not as a Headgate server does`, {
      hint: 'Check --server, HEADGATE_SERVER or spec.listen.web: it must be the listener of the API.',
    });
  }
  const { code, title, detail, hint: general, decisions } = problem.data;
  const hint =
    decisions?.[0] === undefined
      ? general
      : `\`headgate trace ${decisions[0]}\` tells the whole story, \`headgate get policies\` what is loaded.`;
  const known: ErrorCode = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'REQUEST_INVALID';
  throw new HeadgateError(known, detail ?? title ?? code, hint === undefined ? {} : { hint });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, error: unknown): HeadgateError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const late = error instanceof Error && error.name === 'TimeoutError';
  return new HeadgateError('SERVER_UNREACHABLE', `${url} does not answer${late ? ' in time' : `: ${messageOf(cause)}`}`, { cause: error });
}
