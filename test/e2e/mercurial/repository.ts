import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HgAccount } from './account.ts';

export interface HgCommit {
  /** The branch that the commit is on from here on; default: the one that it is on. */
  readonly branch?: string;
  readonly message?: string;
  /** Free text: who claims to have made it. */
  readonly user?: string;
  /** Node that it comes on top of; default: the last one. */
  readonly on?: string;
}

/** A repository with a working copy, worked on by one account. */
export interface HgRepository {
  readonly path: string;
  /**
   * @param files path → content; null removes the file
   * @returns the node, 40 hex digits
   */
  commit(files: Readonly<Record<string, string | null>>, options?: HgCommit): Promise<string>;
  /** Runs hg in it. @returns its standard output */
  hg(...args: readonly string[]): Promise<string>;
  /** Node of what a revision names. */
  node(revision: string): Promise<string>;
}

/** Makes an empty repository, and the directories that lead to it. */
export async function createHgRepository(account: HgAccount, path: string): Promise<HgRepository> {
  await mkdir(path, { recursive: true });
  await account.hg(path, ['init']);
  return hgRepositoryAt(account, path);
}

/** @param source path or URL; `--config` and the like come in `more` */
export async function cloneHgRepository(
  account: HgAccount,
  source: string,
  path: string,
  more: readonly string[] = [],
): Promise<HgRepository> {
  await mkdir(dirname(path), { recursive: true });
  await account.hg(dirname(path), ['clone', '--quiet', ...more, source, path]);
  return hgRepositoryAt(account, path);
}

function hgRepositoryAt(account: HgAccount, path: string): HgRepository {
  const hg = (...args: readonly string[]): Promise<string> => account.hg(path, args);
  const node = async (revision: string): Promise<string> => (await hg('log', `--rev=${revision}`, '--template={node}')).trim();
  return {
    path,
    hg,
    node,
    async commit(files, { branch, message = 'A change', user, on } = {}) {
      if (on !== undefined) await hg('update', '--quiet', '--clean', `--rev=${on}`);
      if (branch !== undefined) await hg('branch', '--quiet', '--force', branch);
      await writeFiles(path, files);
      await hg('addremove', '--quiet');
      await hg('commit', '--quiet', `--message=${message}`, ...(user === undefined ? [] : [`--user=${user}`]));
      return node('.');
    },
  };
}

async function writeFiles(path: string, files: Readonly<Record<string, string | null>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    if (content === null) await rm(file);
    else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }
}

/**
 * A large one: 5,000 YAML files of some 2.5 KB in 500 directories (`apps/ns000/f0.yaml`), 100 more in `apps/hundred`, and 201 changesets on
 * `default`, of which the last 200 change one file each.
 */
export async function createLargeHgRepository(account: HgAccount, path: string): Promise<HgRepository> {
  const repository = await createHgRepository(account, path);
  const files: Record<string, string> = {};
  for (let index = 0; index < 5_000; index++) files[largeFile(index)] = manifest(index, 0);
  for (let index = 0; index < 100; index++) files[`apps/hundred/f${index}.yaml`] = manifest(index, 0);
  await repository.commit(files, { message: 'Everything' });
  let before = await repository.node('.');
  const patches: string[] = [];
  for (let index = 0; index < 200; index++) patches.push(patchOf(index));
  const file = join(account.home, 'patches');
  await writeFile(file, patches.join(''));
  await repository.hg('import', '--quiet', '--bypass', file);
  before = await repository.node('tip');
  await repository.hg('update', '--quiet', `--rev=${before}`);
  await rm(file);
  return repository;
}

function largeFile(index: number): string {
  return `apps/ns${String(Math.floor(index / 10)).padStart(3, '0')}/f${index % 10}.yaml`;
}

function manifest(index: number, generation: number): string {
  const head = `# ${generation}\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: f${index} }\ndata:\n`;
  return (
    head + Array.from({ length: 50 }, (_, line) => `  key-${line}: value ${index} of line ${line}, so that it has some size\n`).join('')
  );
}

/** As `hg export` writes it: one changeset of many in a file. */
function patchOf(index: number): string {
  const name = largeFile(index * 25);
  return `# HG changeset patch
# User Tester <tester@example.com>
# Date ${1_700_000_000 + index} 0
Change ${index}

diff --git a/${name} b/${name}
--- a/${name}
+++ b/${name}
@@ -1,2 +1,2 @@
-# 0
+# 1
 apiVersion: v1
`;
}
