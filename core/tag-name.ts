import { parseHgRef } from '#core/hg-ref.ts';
import { parseRef } from '#core/refs.ts';

/** What a tag is called, by its full ref (`refs/tags/v1`, `tag:v1@branch:default`); undefined for refs of other kinds. */
export function tagName(ref: string): string | undefined {
  const git = parseRef(ref);
  if (git) return git.kind === 'tag' ? git.name : undefined;
  const hg = parseHgRef(ref);
  return hg?.kind === 'tag' ? hg.name : undefined;
}

/** Whether a full ref is one of a tag of Mercurial. Whoever may push anything there may write one, so each must be signed by somebody. */
export function isHgTag(ref: string): boolean {
  return ref.startsWith('tag:') && parseHgRef(ref)?.kind === 'tag';
}
