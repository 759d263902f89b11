import { limits } from '#core/limits.ts';

/**
 * A ref of a Mercurial repository. Names are not scoped there the way git users expect: a bookmark called `default` shadows the branch of
 * that name, and a commit on any branch can move any tag. So refs are typed, and a tag says on which branch it is read.
 */
export type HgRef =
  | { readonly kind: 'branch' | 'bookmark'; readonly name: string }
  /** As `.hgtags` says at the one open head of the branch or bookmark `on`. */
  | { readonly kind: 'tag'; readonly name: string; readonly on: { readonly kind: 'branch' | 'bookmark'; readonly name: string } };

/** `branch:default`, `bookmark:prod`, `tag:v1@branch:default`; undefined when a text is none, or longer than limits.hint.refChars. */
export function parseHgRef(text: string): HgRef | undefined {
  if (text.length > limits.hint.refChars) return undefined;
  const plain = named(text);
  if (plain) return plain;
  // Tag names may hold `@`, but none holds a colon, which Mercurial forbids in names (scmutil.checknewlabel).
  const [, name, on] = /^tag:([^:]+)@((?:branch|bookmark):.+)$/.exec(text) ?? [];
  const where = on === undefined ? undefined : named(on);
  return name !== undefined && where && isName(name) ? { kind: 'tag', name, on: where } : undefined;
}

/** The inverse of parseHgRef. */
export function hgRefText(ref: HgRef): string {
  return ref.kind === 'tag' ? `tag:${ref.name}@${ref.on.kind}:${ref.on.name}` : `${ref.kind}:${ref.name}`;
}

function named(text: string): { readonly kind: 'branch' | 'bookmark'; readonly name: string } | undefined {
  const [, kind, name] = /^(branch|bookmark):(.+)$/.exec(text) ?? [];
  return (kind === 'branch' || kind === 'bookmark') && name !== undefined && isName(name) ? { kind, name } : undefined;
}

/** As Mercurial itself accepts new names: no colon, no control characters, no surrounding space, nothing that reads as a number (scmutil.checknewlabel). */
function isName(name: string): boolean {
  return !/[:\p{Cc}]/u.test(name) && name.trim() === name && !/^\d+$/.test(name) && !['tip', '.', 'null'].includes(name);
}
