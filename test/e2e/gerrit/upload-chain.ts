import { randomBytes } from 'node:crypto';
import type { Change } from '#sandbox/gerrit/change.ts';
import type { FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { configMap } from '../../conformance/cluster/flux-objects.ts';

export interface Chain {
  readonly project: string;
  /** Short name. */
  readonly branch: string;
  /** How many changes, each on the one before. */
  readonly count: number;
  /** User name of who uploads them. */
  readonly by: string;
}

/** Uploads many changes by one `git push` to `refs/for/…`, as a real client does, and approves each. @returns them, the first one first */
export async function uploadChain(gerrit: FakeGerrit, chain: Chain): Promise<readonly Change[]> {
  const { project, branch, count, by } = chain;
  const { git } = gerrit.project(project);
  const { password } = gerrit.account(by);
  const head = await git.ref(`refs/heads/${branch}`);
  const tip = (await git.text(['fast-import', '--quiet', '--force', '--done', '--date-format=raw'], importStream(chain, head))).trim();
  const url = gerrit.http.url.replace('://', `://${by}:${encodeURIComponent(password)}@`);
  await git.text(['push', '--quiet', `${url}/a/${project}`, `${tip}:refs/for/${branch}`]);
  const numbers = new Map(
    gerrit.events.flatMap(({ body, change }) => (body.type === 'patchset-created' ? [[revisionIn(body), change]] : [])),
  );
  const commits = await git.range(tip, [head]);
  const changes = commits.flatMap(({ id }) => {
    const number = numbers.get(id);
    return number === undefined ? [] : [gerrit.change(number)];
  });
  if (changes.length !== count) throw new Error(`${changes.length} of ${count} changes were made`);
  for (const change of changes) await gerrit.vote(change, { value: 2 });
  return changes;
}

function revisionIn(body: Readonly<Record<string, unknown>>): string {
  return (body['patchSet'] as { readonly revision: string }).revision;
}

/** git-fast-import(1): commits on a ref that is gone again at the end; the id of the last one is printed. */
function importStream({ branch, count }: Chain, head: string): string {
  const ref = `refs/making/${branch}`;
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commits = Array.from({ length: count }, (_, n) => {
    const from = n === 0 ? `from ${head}\n` : '';
    const id = `I${randomBytes(20).toString('hex')}`;
    const message = data(`Step ${n} of ${branch}\n\nChange-Id: ${id}\n`);
    const file = `M 100644 inline ${branch}/config.yaml\n${data(configMap(branch, { step: String(n) }))}`;
    return `commit ${ref}\nmark :${n + 1}\ncommitter Dev <dev@example.com> ${1_790_000_000 + n} +0000\n${message}${from}${file}\n`;
  });
  return `${commits.join('')}get-mark :${count}\nreset ${ref}\nfrom ${'0'.repeat(40)}\n\ndone\n`;
}
