import type { Clock } from '#core/clock.ts';
import type { Answer } from '#sandbox/github/rest/answer.ts';
import type { NewApp } from '#sandbox/github/rest/app-token.ts';
import type { GitFacts } from '#sandbox/github/rest/git-facts.ts';

/** Who asks: a person's token, or a GitHub App's installation. */
export interface Caller {
  readonly login: string;
  readonly type: 'User' | 'Bot';
  /** Of a classic token, for `x-oauth-scopes`; null = a fine-grained one. */
  readonly scopes: readonly string[] | null;
  /** When a person's token ends, for `github-authentication-token-expiration`; milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  /** Of an App's installation: what it may do. */
  readonly permissions?: Readonly<Record<string, 'read' | 'write'>>;
}

/** One request as the routes see it. */
export interface Call {
  /** Decoded path parameters in the order of the pattern. */
  readonly params: readonly string[];
  /** In the form that `Link` headers have: repositories by their id. */
  readonly url: URL;
  readonly body: unknown;
  readonly caller: Caller;
  /** Set where an app asks as itself, with a JSON web token. */
  readonly app?: NewApp;
  readonly clock: Clock;
  /** `<server>/api/v3`. */
  readonly api: string;
}

/** A repository as the routes see it. */
export interface RepositoryView {
  readonly id: number;
  /** `owner/name`. */
  readonly name: string;
  readonly defaultBranch: string;
  readonly git: GitFacts;
  /** Its URL in the API, and as a page. */
  readonly api: string;
  readonly page: string;
}

export interface RepositoryCall extends Call {
  readonly repository: RepositoryView;
}

/** An endpoint: its pattern is matched against the raw path, its groups are decoded afterwards. */
export interface Route<C extends Call = Call> {
  readonly method: 'GET' | 'POST';
  readonly pattern: RegExp;
  readonly answer: (call: C) => Answer | Promise<Answer>;
}

/** A path parameter that the pattern of the route has made sure of. */
export function param(call: Call, index = 0): string {
  return call.params[index] ?? '';
}
