import type { RepositoryFile } from './repository-file.ts';

/** Where GitHub looks for rules about code owners, in this order (docs.github.com "About code owners", CODEOWNERS file location). */
const places: readonly string[] = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'];

/**
 * The file with the rules about code owners: null when there is none, undefined when the first that there is cannot be read as a text.
 * @param read as ContentReader does, of one commit
 */
export async function findOwnersFile(
  read: (path: string) => Promise<readonly RepositoryFile[] | null>,
): Promise<RepositoryFile | null | undefined> {
  for (const path of places) {
    const files = await read(path);
    if (files !== null) return files.find((file) => file.path === path);
  }
  return null;
}
