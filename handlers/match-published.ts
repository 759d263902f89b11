import semver from 'semver';
import type { Candidate, Change } from '#core/change.ts';
import type { Publication } from '#core/publication.ts';
import { parseRevision } from '#core/revision.ts';
import { parseTagPattern } from '#core/tag-pattern.ts';
import type { SourceObject } from '#core/target.ts';
import { repositoryKey } from '#core/urls.ts';
import { parseHgRef } from '#core/hg-ref.ts';

export type Miss = Pick<Candidate, 'reason' | 'message'>;

/** What is published at the address of an object, whichever tag of it the object follows; empty for one that is in no registry. */
export function publishedAt(
  { target, url }: Pick<SourceObject, 'target' | 'url'>,
  publications: readonly Publication[],
): readonly Publication[] {
  if (target.kind !== 'OCIRepository') return [];
  const key = repositoryKey(url);
  return publications.filter((publication) => repositoryKey(publication.url) === key);
}

/**
 * Why an object does not get what is published of a change; undefined when it does. The precedence within its spec.ref is Flux's: digest, semver, tag;
 * absent means `latest` (source-controller api/v1/ocirepository_types.go).
 * @param there what is published at its address, of the change's repository
 */
export function missedPublication(change: Pick<Change, 'ref'>, source: SourceObject, there: readonly Publication[]): Miss | undefined {
  const { digest, semver: range, tag = 'latest' } = source.ref;
  if (digest) return { reason: 'pinned', message: `is pinned to digest ${digest}` };
  const tags = there.map((publication) => publication.tag).join(', ');
  if (range)
    return {
      reason: 'other-ref',
      message: `follows versions in the range ${range}; what is published is the tag ${tags}: name it in spec.ref.tag`,
    };
  const published = there.find((publication) => publication.tag === tag);
  if (!published) return { reason: 'other-ref', message: `follows the tag ${tag}; what is published is ${tags}` };
  if (!isOf(published, change.ref))
    return {
      reason: 'other-ref',
      message: `follows the tag ${tag}, which ${published.ref} is published to; the change is on ${change.ref}`,
    };
  return keepsNewer(change.ref, source);
}

function isOf({ ref }: Publication, changed: string): boolean {
  return parseTagPattern(ref)?.matches(changed) ?? ref === changed;
}

/** Of several tags that are published to one address an older version never takes the place of a newer one by itself. */
function keepsNewer(ref: string, { artifactOrigin }: SourceObject): Miss | undefined {
  const tag = parseHgRef(ref);
  const version = tag?.kind === 'tag' ? semver.parse(tag.name) : null;
  const current = semver.parse(artifactOrigin === undefined ? null : parseRevision(artifactOrigin)?.pointer);
  if (!version || !current || !semver.gt(current, version)) return undefined;
  return { reason: 'semver-keeps-newer', message: `is at ${current.raw}, newer than ${version.raw}` };
}
