import type { GerritProject } from '#sandbox/gerrit/project.ts';

/** `RevisionInfo.files` (rest-api-changes.txt, FileInfo): what differs from the first parent, with the message as if it were a file. */
export async function filesInfo({ git }: GerritProject, id: string): Promise<Readonly<Record<string, object>>> {
  const listed = await git.text(['diff-tree', '-r', '-M', '--root', '-z', '--no-commit-id', '--name-status', '--first-parent', '-m', id]);
  const fields = listed.split('\0').filter((field) => field !== '');
  const files: Record<string, object> = { '/COMMIT_MSG': { status: 'A' } };
  while (fields.length > 0) {
    const [status = '', path = ''] = fields.splice(0, 2);
    if (status.startsWith('R')) files[fields.shift() ?? ''] = { status: 'R', old_path: path };
    else files[path] = status === 'M' || status === 'T' ? {} : { status };
  }
  return files;
}
