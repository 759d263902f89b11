import type { RefHead } from '#core/ports/read-back.ts';
import { limits } from '#core/limits.ts';
import { isFullRef } from '#core/refs.ts';

/** Arguments of git-ls-remote(1) that make a server list as little as it can: branches or tags only where nothing else is wanted. */
export function listArguments(url: string, refs: readonly string[]): readonly string[] {
  const prefixes = [
    ['--heads', 'refs/heads/'],
    ['--tags', 'refs/tags/'],
  ] as const;
  const others = refs.some((ref) => !prefixes.some(([, prefix]) => ref.startsWith(prefix)));
  const kinds = others ? [] : prefixes.filter(([, prefix]) => refs.some((ref) => ref.startsWith(prefix))).map(([option]) => option);
  const names = refs.length > limits.git.refsNamed ? [] : refs.flatMap((ref) => [ref, `${ref}^{}`]);
  return ['ls-remote', '--quiet', ...kinds, '--end-of-options', url, ...names];
}

/** Takes the output of git-ls-remote(1) apart: `<object>\t<ref>`, and `<commit>\t<ref>^{}` for annotated tags. */
export function parseRefs(output: string): ReadonlyMap<string, RefHead> {
  const heads = new Map<string, RefHead>();
  for (const line of output.split('\n')) {
    const [, id, name, peeled] = /^([0-9a-f]{40}|[0-9a-f]{64})\t(refs\/.+?)(\^\{\})?$/.exec(line) ?? [];
    if (id === undefined || name === undefined || !isFullRef(name)) continue;
    heads.set(name, { object: peeled === undefined ? id : (heads.get(name)?.object ?? id), commit: id });
  }
  return heads;
}
