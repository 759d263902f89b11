import { z } from 'zod';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { WatchedRef } from '#core/ports/source-rights.ts';
import { branchPath, projectPath, query, tagPath } from '../rest/paths.ts';
import { Project, Projects } from './answers.ts';
import type { GerritQuestion } from './question.ts';

export interface ProjectsQuestion extends GerritQuestion {
  /** Projects that clusters follow; a bounded number of them. */
  readonly projects: readonly string[];
  /** How many more there are. */
  readonly left: number;
}

/** Which of the followed projects our account sees. @throws HeadgateError SOURCE_… */
export async function checkProjects(
  question: ProjectsQuestion,
): Promise<{ readonly seen: readonly string[]; readonly findings: readonly Finding[] }> {
  const { about, projects, left } = question;
  const count = await visibleFinding(question);
  if (projects.length === 0)
    return {
      seen: [],
      findings: [count, finding('SOURCE_REPOSITORY', about, 'unknown', 'no project of it is known to be followed', nothingFollowed)],
    };
  const looked = await Promise.all(projects.map((name) => look(question, name)));
  const seen = looked.flatMap(({ name, state }) => (state === null ? [] : [name]));
  const unseen = looked.flatMap(({ name, state }) => (state === null ? [name] : []));
  const more = left === 0 ? '' : `; not looked at: ${left}`;
  return {
    seen,
    findings: [
      count,
      ...(seen.length === 0
        ? []
        : [finding('SOURCE_REPOSITORY', about, 'good', `followed projects that the account sees: ${seen.length}${more}`)]),
      ...(unseen.length === 0
        ? []
        : [finding('SOURCE_REPOSITORY', about, 'bad', `followed, but the account does not see: ${unseen.join(', ')}`, unseenWords)]),
    ],
  };
}

async function visibleFinding({ client, about, asking }: GerritQuestion): Promise<Finding> {
  const most = limits.check.projects;
  const found = await client.get(Projects, `/projects/${query({ n: most })}`, asking);
  const count = 'data' in found ? Object.keys(found.data).length : 0;
  if (count === 0) return finding('SOURCE_REPOSITORY', about, 'bad', 'the account sees no project at all', unseenWords);
  return finding('SOURCE_REPOSITORY', about, 'good', `projects that the account sees: ${count < most ? count : `${most} or more`}`);
}

async function look({ client, asking }: ProjectsQuestion, name: string): Promise<{ readonly name: string; readonly state: string | null }> {
  const found = await client.get(Project, projectPath(name), asking);
  return { name, state: 'data' in found ? found.data.state : null };
}

/**
 * Whether each followed ref, and where requirements are kept, may be read. Gerrit sends no event of what an account may not read and says so
 * nowhere: it is mute. @throws HeadgateError SOURCE_…
 */
export async function checkRefs(
  question: GerritQuestion,
  { refs, seen }: { readonly refs: readonly WatchedRef[]; readonly seen: readonly string[] },
): Promise<readonly Finding[]> {
  const { about } = question;
  const watched = refs.filter(({ repository }) => seen.includes(repository));
  const looked = watched.slice(0, limits.check.refs);
  const left = watched.length - looked.length;
  const unread = await unreadOf(question, looked);
  const configs = await unreadOf(
    question,
    seen.map((repository) => ({ repository, ref: 'refs/meta/config' })),
  );
  const read = looked.length - unread.length;
  return [
    ...(read === 0
      ? []
      : [finding('SOURCE_RIGHT', about, 'good', `followed refs that may be read: ${read}${left === 0 ? '' : `; not looked at: ${left}`}`)]),
    ...unread.map(({ repository, ref }) =>
      finding('SOURCE_RIGHT', about, 'bad', `may not read ${ref} of ${repository}, or there is none`, unreadWords(ref)),
    ),
    configs.length === 0
      ? finding('SOURCE_RIGHT', about, 'good', `refs/meta/config may be read of all followed projects: ${seen.length}`)
      : finding(
          'SOURCE_RIGHT',
          about,
          'warning',
          `may not read refs/meta/config of ${configs.map(({ repository }) => repository).join(', ')}`,
          configWords,
        ),
  ];
}

/** What is neither a branch nor a tag is not asked for. */
async function unreadOf({ client, asking }: GerritQuestion, refs: readonly WatchedRef[]): Promise<readonly WatchedRef[]> {
  const asked = refs.map(async (watched) => {
    const { repository, ref } = watched;
    const path = ref.startsWith('refs/tags/') ? tagPath(repository, ref) : branchPath(repository, ref);
    return 'data' in (await client.get(z.object({}), path, asking)) ? [] : [watched];
  });
  return (await Promise.all(asked)).flat();
}

const nothingFollowed = {
  without: 'Everything works; rights were not tried, because they are tried on what clusters follow.',
  mend: 'Let a GitRepository follow a project, and see that its cluster is in sight: `headgate get targets`.',
} as const;
const unseenWords = {
  without: 'Nothing of them is heard or confirmed: deliveries wait as pending.',
  mend: 'Give the account *Read* on refs/heads/* of these projects, or correct `spec.url` of the Flux objects: docs/how-to/gerrit.md.',
} as const;
const configWords = {
  without:
    'Everything is deployed as before; that a submit requirement was weakened is not seen, and `headgate get access` cannot tell who may submit.',
  mend: 'Give the account *Read* on refs/meta/config, in the access rules of All-Projects: docs/how-to/gerrit.md.',
} as const;

function unreadWords(ref: string): { readonly without: string; readonly mend: string } {
  return {
    without: 'Gerrit sends no event of it, and what a webhook says of it cannot be confirmed: nothing of it is deployed.',
    mend: `Give the account *Read* on ${ref} (or refs/heads/*), and see that no exclusive Read of a narrower pattern takes it away: docs/how-to/gerrit.md.`,
  };
}
