/** A Kubernetes object as a file of a change has it. */
export interface Manifest {
  /** Of the file, from the root of what was sent; of rendered objects the directory that was built. */
  readonly path: string;
  /** Where the document begins, from 1; null for what was rendered. */
  readonly line: number | null;
  readonly apiVersion: string;
  readonly kind: string;
  /** Null: it has none, and gets that of whatever applies it. */
  readonly namespace: string | null;
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** `Deployment apps/web`, for people. */
export function manifestName({ kind, namespace, name }: Pick<Manifest, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`;
}

/** `error` refuses, `warning` is said, `unknown` could not be looked at, which is said rather than guessed. */
export type PreflightSeverity = 'error' | 'warning' | 'unknown';

export type PreflightCode =
  | 'yaml-invalid'
  | 'not-a-manifest'
  | 'schema-invalid'
  | 'kind-unknown'
  | 'secret-in-clear'
  | 'credential'
  | 'secret-missing'
  | 'remote-base'
  | 'render-failed'
  | 'not-rendered'
  | 'not-validated'
  | 'secrets-unseen'
  | 'denied'
  | 'too-slow';

/** One thing about what would be applied. */
export interface PreflightFinding {
  readonly code: PreflightCode;
  readonly severity: PreflightSeverity;
  /** Of the file or directory; empty for what concerns all of it. */
  readonly path: string;
  /** From 1; null where there is none. */
  readonly line: number | null;
  /** In words. Never holds a value of a secret. */
  readonly message: string;
}

/** A file of what is about to be pushed. */
export interface PreflightFile {
  /** From the root of the repository, or of whatever is looked at. */
  readonly path: string;
  readonly text: string;
}
