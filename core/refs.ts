import { parseHgRef } from '#core/hg-ref.ts';
import { limits } from '#core/limits.ts';

/** A full git ref taken apart: `refs/heads/main` is the branch `main`. */
export interface GitRef {
  readonly kind: 'branch' | 'tag' | 'other';
  /** Without `refs/heads/` or `refs/tags/`; the full ref for others. */
  readonly name: string;
}

const prefixes = [
  ['branch', 'refs/heads/'],
  ['tag', 'refs/tags/'],
] as const;

/** Takes a full ref apart; undefined when it is not one (isFullRef). */
export function parseRef(ref: string): GitRef | undefined {
  if (!isFullRef(ref)) return undefined;
  for (const [kind, prefix] of prefixes) if (ref.startsWith(prefix)) return { kind, name: ref.slice(prefix.length) };
  return { kind: 'other', name: ref };
}

/**
 * Whether a text is a full ref, `refs/<kind>/<name>`, by the rules of git-check-ref-format(1)
 * and at most limits.hint.refChars long.
 */
export function isFullRef(ref: string): boolean {
  if (ref.length > limits.hint.refChars || !/^refs\/[^/]+\/./.test(ref)) return false;
  if (/[\p{Cc} ~^:?*[\\]|\.\.|@\{|\.$/u.test(ref)) return false;
  return ref.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/** Whether a text is a ref as some source writes it: a full one of git, or a typed one of Mercurial (core/hg-ref.ts). */
export function isSourceRef(ref: string): boolean {
  return isFullRef(ref) || parseHgRef(ref) !== undefined;
}
