import type { Finding } from '#core/finding.ts';
import type { BackEndQuestion } from './check/question.ts';

/**
 * Reads one Mercurial host. Two implementations, one conformance suite: hgweb over HTTP (no hg on this machine), and hg's command server on
 * bare clones. Nodes are 40 lower-case hex digits, both as arguments and as answers; anything else is refused before it gets near hg (a revision that
 * begins with `--config=` is command execution there). Rejects with the errors of ReadBack (core/ports/read-back.ts), and CONTENT_TOO_LARGE where
 * a bound of limits.hg is reached.
 */
export interface HgBackEnd {
  readonly by: 'hgweb' | 'clone';
  /** Every branch with its open heads, and every bookmark, as they are now. */
  names(repository: string): Promise<HgNames>;
  /** null when the host does not know it, or hides it. */
  changeset(repository: string, node: string): Promise<HgChangeset | null>;
  /** Whether `ancestor` is `descendant` or lies in its history; undefined when one of them is not known. */
  isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined>;
  /** Changesets that `head` has and `base` has not, newest first, at most limits.hg.commits of them, and the paths that differ, sorted by their bytes. */
  range(repository: string, base: string, head: string): Promise<HgRange>;
  /** The files under a path (empty: all; one file: itself) with their kinds, sorted by the bytes of their paths; none where there is nothing. */
  files(repository: string, node: string, path: string): Promise<readonly HgFile[]>;
  /** The bytes of one file; null when there is none. */
  file(repository: string, node: string, path: string): Promise<Uint8Array | null>;
  /** For each line of a file as it is at `node`: the changeset that brought the line. None where there is no file. */
  annotate(repository: string, node: string, path: string): Promise<readonly HgLine[]>;
  /**
   * The files under a path as an uncompressed tar stream, as Mercurial makes it (names may have one prefix directory, see `prefix`).
   * Whoever reads it normalises it: bytes of the two back ends may differ, what they hold may not. Rejects with SOURCE_REFUSED where nothing lies
   * there. May hold `.hg_archival.txt`, which is none of the files.
   */
  archive(repository: string, node: string, path: string): Promise<HgArchive>;
  /**
   * The same of those files alone that differ from another changeset. Undefined where the host no longer shows that one, or where it is too much to
   * be asked for by name. Absent where parts take as long as the whole.
   */
  archiveSince?(repository: string, base: string, node: string, path: string): Promise<HgDifference | undefined>;
  /** What `headgate check` finds on the way to the host; absent where there is none. Bad: nothing else can be asked. */
  check?(question: BackEndQuestion): Promise<readonly Finding[]>;
}

export interface HgNames {
  /**
   * Branch → its open heads (topological heads of the branch that are not closed), in no particular order. Branches without an open head have an empty list.
   * Drafts of topics are not of the branch.
   */
  readonly branches: ReadonlyMap<string, readonly string[]>;
  readonly bookmarks: ReadonlyMap<string, string>;
}

export interface HgChangeset {
  readonly node: string;
  /** Without the null parent. */
  readonly parents: readonly string[];
  readonly branch: string;
  readonly phase: 'public' | 'draft' | 'secret';
  readonly obsolete: boolean;
  /** Free text of whoever committed: for people, it proves nothing. */
  readonly user: string;
  /** First line of the description. */
  readonly title: string;
  /** Milliseconds since the epoch, as committed. */
  readonly date: number;
}

export interface HgRange {
  readonly commits: readonly HgChangeset[];
  /** How many there are; null when there are more than could be counted. */
  readonly count: number | null;
  /** Paths that differ between the two manifests; null when there are more than limits.hg.files. */
  readonly files: readonly string[] | null;
}

export interface HgFile {
  readonly path: string;
  readonly kind: 'file' | 'executable' | 'symlink';
}

export interface HgLine {
  readonly node: string;
  /** Without its line end. */
  readonly text: string;
}

export interface HgArchive {
  /** The directory that every name begins with, with its slash; empty for none. */
  readonly prefix: string;
  readonly tar: AsyncIterable<Uint8Array>;
}

/** Paths are from the root. */
export interface HgDifference {
  /** Files that are new, or others than they were: the archive holds them. */
  readonly present: readonly string[];
  readonly gone: readonly string[];
  readonly archive: HgArchive;
}
