import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { digestOf } from '#adapters/oci/blob.ts';
import { packArtifact } from '#adapters/oci/pack-artifact.ts';
import { gather, type Gathered } from '#adapters/oci/pack/gather.ts';
import { KeptCollections, type KeptCollection } from '#adapters/oci/pack/kept-collections.ts';
import type { ContentQuestion, PublishedSource } from '#adapters/oci/published-source.ts';
import { limits } from '#core/limits.ts';
import { archiveOf, bytesOf, contentOf, type TestEntry } from './archives.ts';

/** What a repository holds at its root: name → text, mode, link. */
type Tree = ReadonlyMap<string, { readonly text: string; readonly mode: number; readonly link?: true }>;

const path = 'apps';
const full = (name: string): string => `${path}/${name}`;

describe('packing what differs from what was packed last', () => {
  let directory: string;
  let kept: KeptCollections;
  let trees: Tree[];
  let asked: { since: string | undefined; entries: number }[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-gather-'));
    kept = new KeptCollections();
    asked = [];
  });
  afterEach(async () => {
    await kept.close();
    assert.deepEqual(readdirSync(directory), [], 'nothing may be left behind');
    rmSync(directory, { recursive: true });
  });

  /** Tells what differs, unless it is told not to; `lie` changes what it says. */
  function sourceOf(lie: (names: readonly string[]) => readonly string[] = (names) => names): PublishedSource {
    return {
      doubts: () => Promise.resolve([]),
      content: ({ revision, since }: ContentQuestion) => {
        const tree = trees[Number(revision)] ?? new Map();
        if (since === undefined) {
          asked.push({ since, entries: tree.size });
          return Promise.resolve(contentOf(archiveOf(entries(tree))));
        }
        const { present, gone } = difference(trees[Number(since)] ?? new Map(), tree);
        const sent = lie(present);
        asked.push({ since, entries: sent.length });
        const archive = archiveOf(entries(new Map([...tree].filter(([name]) => sent.includes(name)))));
        return Promise.resolve({ ...contentOf(archive), difference: { present: present.map(full), gone: gone.map(full) } });
      },
    };
  }

  const question = (revision: number): ContentQuestion => ({
    repository: 'infra',
    ref: 'branch:default',
    revision: String(revision),
    path,
  });

  async function packed({ content, collection }: Gathered): Promise<string> {
    await using artifact = await packArtifact({ path, content: 'manifests', tag: 'default' }, content, collection, directory);
    const [, layer] = artifact.blobs;
    assert.ok(layer);
    return `${artifact.manifest.digest} ${digestOf(await bytesOf(layer))}`;
  }

  /** The whole, by itself. */
  async function packedWhole(revision: number): Promise<string> {
    const gathered = await gather(sourceOf(), question(revision), undefined, directory);
    await using _spool = gathered.collection.spool;
    return await packed(gathered);
  }

  async function packedNext(revision: number, source = sourceOf(), before = kept.take('infra')): Promise<string> {
    const gathered = await gather(source, question(revision), before, directory);
    await using open = new AsyncDisposableStack();
    open.use(gathered.collection.spool);
    const bytes = await packed(gathered);
    open.move();
    await kept.keep('infra', { ...gathered.collection, revision: String(revision) });
    return bytes;
  }

  const name = fc.constantFrom('a', 'b', 'a/b', 'a/b/c', 'b/x', 'z.yaml', 'ä €', `${'long/'.repeat(30)}n`);
  const file = fc.record({ text: fc.string({ maxLength: 300 }), mode: fc.constantFrom(0o644, 0o755) });
  const tree = fc.dictionary(name, file, { minKeys: 1, maxKeys: 8 }).map((files): Tree => withoutConflicts(files));

  it('makes the bytes that the whole makes: files that come, go, change, move, swap with directories, or change their mode', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tree, { minLength: 2, maxLength: 6 }), async (some) => {
        trees = some;
        asked = [];
        for (const [revision] of trees.entries()) assert.deepEqual(await packedNext(revision), await packedWhole(revision));
        assert.equal(asked.filter(({ since }) => since !== undefined).length, trees.length - 1);
        await kept.take('infra')?.spool[Symbol.asyncDispose]();
      }),
      { numRuns: 60 },
    );
  });

  async function gatheredOf(revision: number): Promise<KeptCollection> {
    const { collection } = await gather(sourceOf(), question(revision), undefined, directory);
    return { ...collection, revision: String(revision) };
  }

  const many = (changed: Readonly<Record<string, string>> = {}): Tree =>
    new Map(
      Object.entries({ ...Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, `file ${n}`])), ...changed }).map(
        ([key, text]) => [key, { text, mode: 0o644 }],
      ),
    );

  it('asks for nothing else than what differs', async () => {
    trees = [many(), many({ f3: 'other', new: 'new' })];
    await packedNext(0);
    await packedNext(1);
    assert.deepEqual(asked, [
      { since: undefined, entries: 40 },
      { since: '0', entries: 2 },
    ]);
  });

  it('reads the whole where a part is not what was said', async () => {
    trees = [many(), many({ f3: 'other', new: 'new' })];
    for (const lie of [(names: readonly string[]) => names.slice(1), (names: readonly string[]) => [...names, 'f5']]) {
      await packedNext(0, sourceOf(), undefined);
      asked = [];
      assert.deepEqual(await packedNext(1, sourceOf(lie)), await packedWhole(1));
      assert.deepEqual(
        asked.map(({ since }) => since),
        ['0', undefined, undefined],
      );
    }
  });

  it('reads the whole where what was kept is not what it was', async () => {
    trees = [many(), many({ f3: 'other' })];
    const before = await gatheredOf(0);
    const files = before.files.map((one, index) => (index === 7 ? { ...one, from: one.from + 1 } : one));
    asked = [];
    const bytes = await packedNext(1, sourceOf(), { ...before, files });
    assert.deepEqual(asked, [{ since: undefined, entries: 40 }]);
    assert.deepEqual(bytes, await packedWhole(1));
  });

  it('reads the whole where the source does not tell what differs', async () => {
    trees = [many(), many({ f3: 'other' })];
    await packedNext(0);
    const silent: PublishedSource = {
      ...sourceOf(),
      content: ({ since: _since, ...asking }) => sourceOf().content(asking),
    };
    assert.deepEqual(await packedNext(1, silent), await packedWhole(1));
  });

  it('refuses what the whole refuses', async () => {
    trees = [many(), new Map([...many(), ['link', { text: 'f1', mode: 0o777, link: true as const }]])];
    await packedNext(0);
    await assert.rejects(packedNext(1), { code: 'CONTENT_REFUSED', message: /"link" cannot be published/ });
  });

  it('is kept within bounds', async () => {
    trees = [many()];
    const { paths, appended } = limits.publish.kept;
    for (let n = 0; n < paths + 2; n++) await kept.keep(`path ${n}`, await gatheredOf(0));
    assert.equal(kept.take('path 1'), undefined);
    const last = kept.take(`path ${paths + 1}`);
    assert.ok(last);
    await last.spool.append(Buffer.alloc(appended + 1));
    await kept.keep('grown', last);
    assert.equal(kept.take('grown'), undefined);
    await kept.close();
    await kept.keep('late', await gatheredOf(0));
    assert.equal(kept.take('late'), undefined);
  });
});

function entries(tree: Tree): readonly TestEntry[] {
  return [...tree].map(([name, { text, mode, link }]) =>
    link ? { name: full(name), type: 'symlink', linkname: text } : { name: full(name), text, mode },
  );
}

function difference(before: Tree, after: Tree): { readonly present: readonly string[]; readonly gone: readonly string[] } {
  const differs = (name: string): boolean => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name));
  return { present: [...after.keys()].filter(differs), gone: [...before.keys()].filter((name) => !after.has(name)) };
}

/** No name is a directory of another one. */
function withoutConflicts(files: Readonly<Record<string, { readonly text: string; readonly mode: number }>>): Tree {
  const found = Object.entries(files);
  return new Map(found.filter(([name]) => !found.some(([other]) => name.startsWith(`${other}/`))));
}
