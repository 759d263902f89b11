import type { Publication } from '#core/publication.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { followedRef, refOf } from '#core/followed-ref.ts';
import type { SourceObject } from '#core/target.ts';
import { repositoryKey } from '#core/urls.ts';

/** What a source object follows, on the source that has it. */
export type Followed = { readonly repository: string; readonly publication?: Publication } & (
  | { readonly ref: string }
  /** Versions among the tags, as Flux picks them. */
  | { readonly semver: string }
  /** A pattern of typed tags, `tag:v*@branch:default` (core/tag-pattern.ts): the newest of them is what it gets. */
  | { readonly tags: string }
);

type Follower = Pick<SourceObject, 'target' | 'url' | 'ref'>;
type Adapter = Pick<SourceAdapter, 'repositoryAt' | 'publisher'>;

/**
 * What a source object follows on a source: a ref of the repository at its URL, or what the source publishes at that address. Undefined when it gets its
 * content from elsewhere, or is pinned to a commit or a digest: then it follows nothing.
 */
export function followed(adapter: Adapter, source: Follower): Followed | undefined {
  const publication = publicationOf(adapter, source);
  if (publication) {
    const { repository, ref } = publication;
    return isTags(ref) ? { repository, publication, tags: ref } : { repository, publication, ref };
  }
  const repository = adapter.repositoryAt(source.url);
  if (repository === undefined || source.ref.commit || source.ref.digest) return undefined;
  const ref = refOf(source.ref);
  return typeof ref === 'string' ? { repository, ref } : { repository, semver: ref.semver };
}

/**
 * The repository that a source object gets its content from, and the ref that it stands at now; the ref is absent when that is not known: it is
 * pinned, or follows one of several tags. Undefined when none of the source's repositories is where it gets its content from.
 */
export function followedNow(
  adapter: Adapter,
  source: Follower & Pick<SourceObject, 'artifactRevision'>,
): { readonly repository: string; readonly ref?: string } | undefined {
  const publication = publicationOf(adapter, source);
  const repository = publication?.repository ?? adapter.repositoryAt(source.url);
  if (repository === undefined) return undefined;
  const ref = publication ? (isTags(publication.ref) ? undefined : publication.ref) : followedRef(source);
  return ref === undefined ? { repository } : { repository, ref };
}

/**
 * The publication whose tag an OCIRepository follows. The precedence within its spec.ref is Flux's: digest, semver, tag; absent means `latest`
 * (source-controller api/v1/ocirepository_types.go). One tag is no range of versions: who follows a range follows no publication.
 */
export function publicationOf({ publisher }: Adapter, { target, url, ref }: Follower): Publication | undefined {
  if (!publisher || target.kind !== 'OCIRepository' || ref.digest || ref.semver) return undefined;
  const key = repositoryKey(url);
  const tag = ref.tag ?? 'latest';
  return publisher.publications.find((one) => one.tag === tag && repositoryKey(one.url) === key);
}

/** Whether what is published is one of several tags; a name without wildcards is a pattern too. */
function isTags(ref: string): boolean {
  return ref.startsWith('tag:');
}
