import semver from 'semver';
import { parseHgRef } from '#core/hg-ref.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import { hasCommit } from '#core/revision.ts';
import type { SourceObject } from '#core/target.ts';
import { matchChange, type Matchable } from '#handlers/match.ts';

/** A ref, and what it leads to. */
export interface Found {
  readonly ref: string;
  readonly head: RefHead;
}

/** The highest version that would move one of the objects, by the rules of matching. @throws HeadgateError as ReadBack */
export async function newestVersion(
  readBack: Pick<ReadBack, 'tags'>,
  repository: string,
  sources: readonly SourceObject[],
): Promise<Found | undefined> {
  const versions = [...(await readBack.tags(repository))].flatMap(([ref, head]) => {
    const version = semver.parse(ref.slice('refs/tags/'.length));
    return version ? [{ ref, head, version }] : [];
  });
  return versions
    .toSorted((a, b) => semver.compare(b.version, a.version))
    .find(({ ref, head }) => matchChange(createdTag(ref, head), sources).matched.some(isElsewhere(head)));
}

/**
 * Of the typed tags that a pattern names the one that is deployed: the highest version where some of them are versions, else the one that moved
 * last. With everything that makes it doubtful. Undefined without any.
 * @throws HeadgateError as ReadBack
 */
export async function leadingTag(
  readBack: Pick<ReadBack, 'tags' | 'heads'>,
  repository: string,
  pattern: string,
): Promise<Found | undefined> {
  const refs = [...(await readBack.tags(repository, pattern)).keys()];
  const versions = refs.flatMap((ref) => {
    const version = semver.parse(nameOf(ref));
    return version ? [{ ref, version }] : [];
  });
  const ref = versions.toSorted((a, b) => semver.compare(b.version, a.version))[0]?.ref ?? refs.at(-1);
  const head = ref === undefined ? null : (await readBack.heads(repository, [ref])).get(ref);
  return ref !== undefined && head ? { ref, head } : undefined;
}

function nameOf(ref: string): string {
  const tag = parseHgRef(ref);
  return tag?.kind === 'tag' ? tag.name : '';
}

function isElsewhere({ commit }: RefHead): (source: SourceObject) => boolean {
  return (source) => !hasCommit(source, commit);
}

function createdTag(ref: string, { commit }: RefHead): Matchable {
  return { action: 'created', ref, revision: commit, lateFor: null, readBack: null };
}
