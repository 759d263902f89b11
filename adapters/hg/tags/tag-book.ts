import type { HgBackEnd, HgLine, HgNames } from '#adapters/hg/back-end.ts';
import { parseSignatureFile } from '#adapters/hg/tags/signature-file.ts';
import { noTags, parseTagFile, type TagFile } from '#adapters/hg/tags/tag-file.ts';
import type { SignedObject } from '#core/signature.ts';

/** What one repository says about tags, at heads and at the changesets that brought them. Everything is asked once: a book is for one question. */
export class TagBook {
  readonly backEnd: HgBackEnd;
  readonly repository: string;
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(backEnd: HgBackEnd, repository: string) {
    this.backEnd = backEnd;
    this.repository = repository;
  }

  names(): Promise<HgNames> {
    return this.#once('names', () => this.backEnd.names(this.repository));
  }

  /** `.hgtags`. @throws HeadgateError CONTENT_TOO_LARGE, and those of the back end */
  tags(node: string): Promise<TagFile> {
    return this.#once(`tags ${node}`, async () => {
      const bytes = await this.backEnd.file(this.repository, node, '.hgtags');
      return bytes === null ? noTags : parseTagFile(bytes);
    });
  }

  /** For each line of `.hgtags` who brought it. */
  annotated(node: string): Promise<readonly HgLine[]> {
    return this.#once(`annotated ${node}`, () => this.backEnd.annotate(this.repository, node, '.hgtags'));
  }

  /** `.hgsigs`. @throws HeadgateError CONTENT_TOO_LARGE, and those of the back end */
  signatures(node: string): Promise<ReadonlyMap<string, SignedObject>> {
    return this.#once(`signatures ${node}`, async () => {
      const bytes = await this.backEnd.file(this.repository, node, '.hgsigs');
      return bytes === null ? new Map() : parseSignatureFile(bytes);
    });
  }

  #once<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#asked.get(what) as Promise<T> | undefined;
    if (known) return known;
    const asked = ask();
    this.#asked.set(what, asked);
    return asked;
  }
}
