import { HeadgateError } from '#core/errors.ts';
import { parseHgRef } from '#core/hg-ref.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { RangeFacts, RangeQuestion, ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { SignedObject } from '#core/signature.ts';
import { parseTagPattern } from '#core/tag-pattern.ts';
import type { HgBackEnd } from './back-end.ts';
import { isNode } from './names.ts';
import { readContent } from './read-content.ts';
import { readHeads } from './read-heads.ts';
import { readRange, rangeUnknownToHg } from './read-range.ts';
import { listTags } from './tags/list-tags.ts';
import { signedTag } from './tags/signed-tag.ts';

/** Reads back what a host of Mercurial has, whichever way it is asked. It keeps no record of who moved what: the hook's host tells that. */
export function createHgReadBack(backEnd: HgBackEnd): ReadBack & ContentReader {
  return new HgReadBack(backEnd);
}

class HgReadBack implements ReadBack, ContentReader {
  readonly #backEnd: HgBackEnd;

  constructor(backEnd: HgBackEnd) {
    this.#backEnd = backEnd;
  }

  get by(): HgBackEnd['by'] {
    return this.#backEnd.by;
  }

  heads(repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
    return answered(() => readHeads(this.#backEnd, repository, refs));
  }

  /** Tags are read where the pattern says, in the order in which they last moved: without one there are none. */
  tags(repository: string, pattern?: string): Promise<ReadonlyMap<string, RefHead>> {
    return answered(() => this.#tags(repository, pattern));
  }

  async isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    if (!isNode(ancestor) || !isNode(descendant)) return undefined;
    return this.#backEnd.isAncestor(repository, ancestor, descendant);
  }

  async range(repository: string, base: string, head: string, question?: RangeQuestion): Promise<RangeFacts> {
    if (!isNode(base) || !isNode(head)) return rangeUnknownToHg(base, head, question);
    return readRange(this.#backEnd, repository, { base, head, question });
  }

  tag(repository: string, object: string, ref?: string): Promise<SignedObject | null | undefined> {
    const tag = ref === undefined ? undefined : parseHgRef(ref);
    if (tag?.kind !== 'tag' || !isNode(object)) return Promise.resolve(undefined);
    return answered(() => signedTag(this.#backEnd, repository, tag, object));
  }

  async read(repository: string, commit: string, path: string): Promise<readonly RepositoryFile[] | null> {
    if (isNode(commit)) return readContent(this.#backEnd, repository, commit, path);
    throw new HeadgateError('SOURCE_REFUSED', `${repository} has no changeset ${JSON.stringify(commit.slice(0, 80))}`);
  }

  async #tags(repository: string, text: string | undefined): Promise<ReadonlyMap<string, RefHead>> {
    const pattern = text === undefined ? undefined : parseTagPattern(text);
    const on = pattern && parseHgRef(pattern.on);
    if (!pattern || !on || on.kind === 'tag') return new Map();
    return new Map([...(await listTags(this.#backEnd, repository, on))].filter(([ref]) => pattern.matches(ref)));
  }
}

/** Tags that are too large to be read are the repository's fault, as if it refused: asking again helps once it is put right. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code !== 'CONTENT_TOO_LARGE') throw error;
    throw new HeadgateError('SOURCE_REFUSED', error.message, { ...(error.hint ? { hint: error.hint } : {}), cause: error });
  }
}
