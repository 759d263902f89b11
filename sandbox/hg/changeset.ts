export interface HgFile {
  readonly bytes: Buffer;
  readonly kind: 'file' | 'executable' | 'symlink';
  /** The changeset that brought each line. */
  readonly lines: readonly HgLine[];
}

export interface HgLine {
  readonly node: string;
  /** With its line end. */
  readonly line: string;
}

export interface HgChangeset {
  readonly node: string;
  /** Its number here: parents before children. */
  readonly rev: number;
  readonly parents: readonly string[];
  readonly branch: string;
  readonly phase: 'public' | 'draft' | 'secret';
  readonly isObsolete: boolean;
  readonly closes: boolean;
  /** What the topic extension put it under; null: nothing. */
  readonly topic: string | null;
  readonly user: string;
  readonly description: string;
  /** Seconds since the epoch. */
  readonly date: number;
  /** Whole, by path. */
  readonly files: ReadonlyMap<string, HgFile>;
}

export interface NewHgFile {
  readonly bytes: string | Uint8Array;
  readonly kind: HgFile['kind'];
}

export interface NewHgChangeset {
  /** Default: the last one of the repository; `[]`: none. */
  readonly parents?: readonly string[];
  /** Default: the first parent's, or `default`. */
  readonly branch?: string;
  /** Default: public. */
  readonly phase?: HgChangeset['phase'];
  readonly user?: string;
  readonly description?: string;
  /** Seconds since the epoch. */
  readonly date?: number;
  /** Path → content; null removes the file. */
  readonly files?: Readonly<Record<string, NewHgFile | string | null>>;
  /** Closes its branch. */
  readonly closes?: boolean;
  readonly topic?: string;
}
