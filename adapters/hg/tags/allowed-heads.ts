import type { HgNames } from '#adapters/hg/back-end.ts';
import type { HgRef } from '#core/hg-ref.ts';
import { limits } from '#core/limits.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';

export type TagRef = Extract<HgRef, { readonly kind: 'tag' }>;
/** Where a tag is read. */
export type TaggedLine = TagRef['on'];

/** Where tags of a branch or bookmark are read. */
export interface AllowedHeads {
  /** Sorted; a few of them where there are many. Empty where there is no such branch or bookmark, or no open head of it. */
  readonly heads: readonly string[];
  readonly doubts: readonly RefDoubt[];
}

/** By its own name in its own kind, never by what `hg -r NAME` would take: a bookmark goes before a branch there. */
export function allowedHeads({ branches, bookmarks }: HgNames, on: TaggedLine): AllowedHeads {
  if (on.kind === 'bookmark') {
    const node = bookmarks.get(on.name);
    return { heads: node === undefined ? [] : [node], doubts: [] };
  }
  const heads = (branches.get(on.name) ?? []).toSorted();
  return {
    heads: heads.slice(0, limits.hgTags.heads),
    doubts: [...severalHeads(on.name, heads), ...shadowed(bookmarks, 'branch', on.name)],
  };
}

/** `hg -r NAME` means the bookmark, wherever people mean the tag or branch of that name. */
export function shadowed(bookmarks: HgNames['bookmarks'], kind: 'branch' | 'tag', name: string): readonly RefDoubt[] {
  const node = bookmarks.get(name);
  if (node === undefined) return [];
  return [{ code: 'shadowed', message: `a bookmark is called ${name} like the ${kind}, and leads to ${node}: rename the bookmark` }];
}

function severalHeads(branch: string, heads: readonly string[]): readonly RefDoubt[] {
  if (heads.length < 2) return [];
  const named = heads.slice(0, limits.hgTags.heads).join(', ');
  return [
    { code: 'several-heads', message: `branch ${branch} has ${heads.length} open heads: ${named}. Merge them, or close all but one` },
  ];
}
