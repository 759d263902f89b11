import type { IncomingMessage } from 'node:http';
import type { Repository } from './repository.ts';

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

export interface Said {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface RegistryState {
  readonly repositories: ReadonlyMap<string, Repository>;
  readonly readOnly: boolean;
  /** Made when it is missing. */
  repository(name: string): Repository;
}
