import { finding, type Finding } from '#core/finding.ts';
import type { Asking, GithubClient, RestAnswer } from '../client.ts';
import { Repository } from './answers.ts';
import { ask, placeOf } from './ask.ts';

export interface RepositoryQuestion {
  readonly client: Pick<GithubClient, 'send'>;
  readonly about: string;
  readonly asking: Asking;
  /** Full names, at most limits.check.repositories. */
  readonly repositories: readonly string[];
  /** How many more are followed. */
  readonly left: number;
}

/** A repository that the credentials see. */
export interface Seen extends Repository {
  /** As clusters call it. */
  readonly name: string;
}

/** Which of the followed repositories the credentials see. @throws HeadgateError SOURCE_… */
export async function checkRepositories(
  question: RepositoryQuestion,
): Promise<{ readonly seen: readonly Seen[]; readonly findings: readonly Finding[] }> {
  const { about, repositories, left } = question;
  if (repositories.length === 0)
    return {
      seen: [],
      findings: [finding('SOURCE_REPOSITORY', about, 'unknown', 'no repository of it is known to be followed', nothingFollowed)],
    };
  const looked = await Promise.all(repositories.map((name) => look(question, name)));
  const seen = looked.flatMap((each) => ('seen' in each ? [each.seen] : []));
  const unseen = looked.flatMap((each) => ('unseen' in each ? [each.unseen] : []));
  const renamed = seen.filter(({ name, full_name: now }) => name.toLowerCase() !== now.toLowerCase());
  const more = left === 0 ? '' : `; not looked at: ${left}`;
  return {
    seen,
    findings: [
      ...(seen.length === 0
        ? []
        : [finding('SOURCE_REPOSITORY', about, 'good', `followed repositories that the credentials see: ${seen.length}${more}`)]),
      ...(unseen.length === 0
        ? []
        : [finding('SOURCE_REPOSITORY', about, 'bad', `followed, but the credentials do not see: ${unseen.join(', ')}`)]),
      ...renamed.map(({ name, full_name: now }) =>
        finding('SOURCE_REPOSITORY', about, 'warning', `${name} is called ${now} now`, renamedWords(now)),
      ),
    ],
  };
}

const nothingFollowed = {
  without: 'Everything works; rights and webhooks were not tried, because they are tried on repositories that clusters follow.',
  mend: 'Let a GitRepository follow one, and see that its cluster is in sight: `headgate get targets`.',
} as const;

function renamedWords(now: string): { readonly without: string; readonly mend: string } {
  return {
    without: 'GitHub redirects for now; webhooks and policies know different names.',
    mend: `Write ${now} into \`spec.url\` of the Flux objects and into \`repositories\` of the policies.`,
  };
}

async function look({ client, asking }: RepositoryQuestion, name: string): Promise<{ readonly seen: Seen } | { readonly unseen: string }> {
  const place = placeOf(name);
  if (place === undefined) return { unseen: JSON.stringify(name) };
  const asked = await ask(client, Repository, 'GET /repos/{owner}/{repo}', place, asking);
  return 'refused' in asked ? { unseen: `${name} (${said(asked.refused)})` } : { seen: { ...asked.data, name } };
}

function said({ status, message }: RestAnswer): string {
  return `${status} ${message}`.trim();
}
