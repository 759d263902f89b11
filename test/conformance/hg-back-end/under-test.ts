import type { HgBackEnd } from '#adapters/hg/back-end.ts';

export interface HgBackEndUnderTest {
  readonly backEnd: HgBackEnd;
  /** Makes an empty repository on the host that the back end asks. */
  createRepository(name: string): Promise<HgHands>;
  /** Puts the host out of reach, or makes it refuse, or sets it right again. */
  trouble(kind: 'none' | 'unreachable' | 'refused'): Promise<void>;
  stop(): Promise<void>;
}

/** Whoever works in a repository. */
export interface HgHands {
  /** @returns the node */
  commit(spec: HgCommitSpec): Promise<string>;
  /** Sets a bookmark, or deletes it. */
  bookmark(name: string, node: string | null): Promise<void>;
  /** Makes obsolete what is a draft. */
  prune(node: string): Promise<void>;
}

export interface HgCommitSpec {
  /** Default: the last commit; `[]`: none. */
  readonly parents?: readonly string[];
  /** Default: that of the first parent, or `default`. */
  readonly branch?: string;
  /** Default: public. */
  readonly phase?: 'public' | 'draft' | 'secret';
  readonly user?: string;
  readonly title?: string;
  /** Milliseconds since the epoch; whole seconds. */
  readonly date?: number;
  /** Path → content; null removes the file. */
  readonly files?: Readonly<Record<string, HgContent | string | null>>;
  readonly close?: boolean;
  /** Of the topic extension. */
  readonly topic?: string;
}

export interface HgContent {
  readonly bytes: string | Uint8Array;
  readonly kind: 'file' | 'executable' | 'symlink';
}
