import type { ContentReader } from '#core/ports/content-reader.ts';
import type { ReadBack } from '#core/ports/read-back.ts';

/** What git tells of a project, over `<url>/a/<project>` with the same credentials: all that does not take part in a review. */
export interface ProjectMirror extends ReadBack, ContentReader {
  /** Of commits that the source knows those that are nothing but an automatic merge of two parents, without a conflict. */
  automaticMerges(repository: string, commits: readonly string[]): Promise<AutomaticMerges>;
}

interface AutomaticMerges {
  /** Commit → its second parent. */
  readonly merges: ReadonlyMap<string, string>;
  /** Whether every merge could be looked at. */
  readonly complete: boolean;
}
