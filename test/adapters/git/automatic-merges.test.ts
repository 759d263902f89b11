import assert from 'node:assert/strict';
import { automaticMerges } from '#adapters/git/automatic-merges.ts';
import { limits } from '#core/limits.ts';

type Merging = Parameters<typeof automaticMerges>[0];
type Result = Awaited<ReturnType<Merging['ask']>>;

const id = (digit: number): string => digit.toString(16).padStart(40, '0');

/** Merges of the commits 1 and 2 that have the tree 9, as git tells them. @param made what comes of merging them again */
function mirrorOf(count: number, made: { readonly code: number; readonly tree?: string } | undefined): Merging & { asked: number } {
  const said = (code: number, text: string): Result => ({ code, stdout: Buffer.from(text), stderr: '', spoke: true, ended: undefined });
  const line = (commit: number): string => `${id(commit)} ${id(9)} ${id(1)} ${id(2)}\n`;
  const mirror = {
    asked: 0,
    ask: async () => said(0, Array.from({ length: count }, (_, index) => line(index + 16)).join('')),
    askWithServer: async () => {
      mirror.asked += 1;
      return made && said(made.code, `${made.tree ?? ''}\n`);
    },
  };
  return mirror;
}

describe('merges that git makes again', () => {
  const commits = [id(16)];

  it('are automatic when the same comes of it', async () => {
    assert.deepEqual(await automaticMerges(mirrorOf(1, { code: 0, tree: id(9) }), commits), {
      merges: new Map([[id(16), id(2)]]),
      complete: true,
    });
  });

  it('are not when something else comes of it, or a conflict', async () => {
    for (const made of [
      { code: 0, tree: id(8) },
      { code: 1, tree: id(9) },
    ])
      assert.deepEqual(await automaticMerges(mirrorOf(1, made), commits), { merges: new Map(), complete: true });
  });

  it('are not known where git is too old, or too much would have to be fetched', async () => {
    for (const made of [{ code: 129 }, undefined])
      assert.deepEqual(await automaticMerges(mirrorOf(1, made), commits), { merges: new Map(), complete: false });
  });

  it('are not all looked at where they are many', async () => {
    const mirror = mirrorOf(limits.git.merges + 1, { code: 0, tree: id(9) });
    const { merges, complete } = await automaticMerges(mirror, commits);
    assert.deepEqual([merges.size, complete, mirror.asked], [limits.git.merges, false, limits.git.merges]);
  });
});
