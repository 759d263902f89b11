import { limits } from '#core/limits.ts';

/** What one request is answered with; headers by lower-case name. */
export interface Answer {
  readonly status: number;
  /** Absent = an empty body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that refuses: `{message, documentation_url, status}` (docs.github.com "Troubleshooting the REST API"). */
export class RestError extends Error {
  readonly answer: Answer;

  constructor(status: number, message: string, more: { headers?: Readonly<Record<string, string>>; fields?: object } = {}) {
    super(message);
    const body = { message, ...more.fields, documentation_url: 'https://docs.github.com/rest', status: String(status) };
    this.answer = { status, body, headers: more.headers ?? {} };
  }
}

export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, body, headers };
}

export function notFound(): RestError {
  return new RestError(404, 'Not Found');
}

/** What GitHub says of a commit that the repository does not have. */
export function noCommit(sha: string): RestError {
  return new RestError(422, `No commit found for SHA: ${sha.slice(0, limits.sandbox.rest.echoedChars)}`);
}
