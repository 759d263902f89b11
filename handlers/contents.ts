import type { Change } from '#core/change.ts';
import { HeadgateError } from '#core/errors.ts';
import { publicationOf } from '#core/followed.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { addressOf, type Publication } from '#core/publication.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { SourceObject } from '#core/target.ts';

/** What in the content of a change forbids to publish it, by the address of what would be published. */
export type Contents = ReadonlyMap<string, readonly RefDoubt[]>;

export const noContents: Contents = new Map();

/**
 * Looks at what a change would publish, before anything is decided: what cannot be published is denied.
 * @param matched what the change would move
 * @throws HeadgateError those of ReadBack
 */
export async function inspectContents(
  adapter: SourceAdapter,
  { revision, readBack }: Pick<Change, 'revision' | 'readBack'>,
  matched: () => readonly SourceObject[],
): Promise<Contents> {
  const { publisher } = adapter;
  const standing = readBack?.standing;
  if (!publisher || revision === null || (standing !== 'head' && standing !== 'behind')) return noContents;
  const publications = new Set(matched().flatMap((source) => publicationOf(adapter, source) ?? []));
  return new Map(
    await Promise.all([...publications].map(async (one) => [addressOf(one), await doubtsAbout(publisher, one, revision)] as const)),
  );
}

/** What was found of one object; nothing for one that gets nothing published. */
export function contentOf(contents: Contents, adapter: SourceAdapter, source: SourceObject): readonly RefDoubt[] {
  const publication = publicationOf(adapter, source);
  return (publication && contents.get(addressOf(publication))) ?? [];
}

/** Content that is beyond bounds, or that nothing can be made of, stays so: it is a doubt, not a failure. */
export async function doubtsAbout(publisher: Publisher, publication: Publication, revision: string): Promise<readonly RefDoubt[]> {
  try {
    return await publisher.inspect(publication, revision);
  } catch (error) {
    if (error instanceof HeadgateError && (error.code === 'CONTENT_TOO_LARGE' || error.code === 'CONTENT_REFUSED'))
      return [{ code: 'unfit', message: error.message }];
    throw error;
  }
}
