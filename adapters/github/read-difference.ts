import { limits } from '#core/limits.ts';
import type { RangeFacts } from '#core/ports/read-back.ts';
import { Comparison, Repository, type Commit } from './api-answers.ts';
import type { ApiCall, Found } from './api-call.ts';
import { readFiles } from './read-files.ts';

/** What git knows of two commits, as GitHub tells it. */
export interface Difference {
  /** Newest first; undefined when GitHub does not know one of the two. */
  readonly commits: readonly Commit[] | undefined;
  readonly count: number | null;
  readonly files: readonly string[] | undefined;
  readonly course: RangeFacts['course'];
}

/** docs.github.com "Compare two commits": of the head, as seen from the base. */
const courses = { ahead: 'ahead', behind: 'back', diverged: 'diverged', identical: 'same' } as const;

export async function readDifference(call: ApiCall, base: string, head: string): Promise<Difference> {
  const compared = await compare(call, base, head, 1);
  if ('data' in compared) {
    const [commits, files] = await Promise.all([readCommits(call, base, head, compared.data), readFiles(call, base, head, compared.data)]);
    return { commits, count: compared.data.total_commits, files, course: courses[compared.data.status] };
  }
  if (compared.missing.status !== 404 && compared.missing.status !== 422) return call.refuse(compared.missing);
  await call.get(Repository, ''); // 404 for a commit that is gone, and for a repository that is
  const course = /no common ancestor/i.test(compared.missing.message) ? 'diverged' : null;
  return { commits: undefined, count: null, files: await readFiles(call, base, head, undefined), course };
}

/** Pages list the oldest commits first: the newest are on the last pages (docs.github.com "Compare two commits"). */
async function readCommits(call: ApiCall, base: string, head: string, first: Comparison): Promise<readonly Commit[]> {
  const { commits: most, page: size } = limits.github;
  const last = Math.ceil(first.total_commits / size);
  const from = Math.max(2, Math.floor(Math.max(0, first.total_commits - most) / size) + 1);
  const pages = Array.from({ length: Math.max(0, last - from + 1) }, (_, index) => from + index);
  const rest = await Promise.all(pages.map((page) => compare(call, base, head, page)));
  const later = rest.flatMap((found) => ('data' in found ? found.data.commits : call.refuse(found.missing)));
  return [...(from === 2 ? first.commits : []), ...later].toReversed().slice(0, most);
}

function compare(call: ApiCall, base: string, head: string, page: number): Promise<Found<Comparison>> {
  return call.find(Comparison, '/compare/{basehead}', { basehead: `${base}...${head}`, per_page: limits.github.page, page });
}
