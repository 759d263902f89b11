import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { WatchedRef } from '#core/ports/source-rights.ts';
import type { Publication } from '#core/publication.ts';
import type { RefDoubtCode } from '#core/ref-doubt.ts';
import { inTime } from './in-time.ts';

export interface RefsQuestion {
  readonly about: string;
  readonly clock: Clock;
  readonly readBack: ReadBack;
  /** Those that are looked at. */
  readonly repositories: readonly string[];
  /** What clusters follow, as far as it is named. */
  readonly refs: readonly WatchedRef[];
  readonly publications: readonly Publication[];
}

/** What a publication leads to now. */
export interface PublicationHead {
  readonly publication: Publication;
  readonly head: RefHead;
}

export interface RefsFound {
  readonly findings: readonly Finding[];
  readonly heads: readonly PublicationHead[];
}

/** What every ref that is published or followed leads to, and why it would be denied as it is. */
export async function checkRefs(question: RefsQuestion): Promise<RefsFound> {
  const found = await Promise.all(question.repositories.map((repository) => repositoryRefs(question, repository)));
  return { findings: found.flatMap(({ findings }) => findings), heads: found.flatMap(({ heads }) => heads) };
}

async function repositoryRefs(question: RefsQuestion, repository: string): Promise<RefsFound> {
  const { about, clock } = question;
  try {
    return await inTime(clock, repository, () => look(question, repository));
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return { findings: [finding('SOURCE_REF', about, 'bad', error.message, { mend: error.hint })], heads: [] };
  }
}

/** @throws HeadgateError those of ReadBack */
async function look({ about, readBack, ...question }: RefsQuestion, repository: string): Promise<RefsFound> {
  const publications = question.publications.filter((one) => one.repository === repository);
  const followed = question.refs.flatMap((one) => (one.repository === repository ? [one.ref] : []));
  const tags = await newestTags(readBack, repository, publications);
  const refOf = ({ ref }: Publication): string | undefined => (tags.has(ref) ? tags.get(ref)?.ref : ref);
  const all = new Set([...followed, ...publications.flatMap((publication) => refOf(publication) ?? [])]);
  const refs = [...all].slice(0, limits.check.refs);
  const heads = await readBack.heads(repository, refs);
  return {
    findings: [
      ...[...tags].map(([pattern, newest]) => patternFinding(about, repository, pattern, newest)),
      ...refs.flatMap((ref) => refFindings(about, { repository, ref }, heads.get(ref) ?? null)),
    ],
    heads: publications.flatMap((publication) => {
      const head = heads.get(refOf(publication) ?? '');
      return head ? [{ publication, head }] : [];
    }),
  };
}

interface NewestTag {
  /** Undefined when no tag fits. */
  readonly ref: string | undefined;
  readonly count: number;
}

/** By pattern: of the tags that fit, the one that moved last stands for all. */
async function newestTags(
  readBack: ReadBack,
  repository: string,
  publications: readonly Publication[],
): Promise<ReadonlyMap<string, NewestTag>> {
  const newest = new Map<string, NewestTag>();
  for (const { ref } of publications.filter((one) => one.ref.startsWith('tag:'))) {
    const fitting = [...(await readBack.tags(repository, ref)).keys()];
    newest.set(ref, { ref: fitting.at(-1), count: fitting.length });
  }
  return newest;
}

function patternFinding(about: string, repository: string, pattern: string, newest: NewestTag): Finding {
  if (newest.ref !== undefined)
    return finding(
      'SOURCE_REF',
      about,
      'good',
      `${repository}: tags that fit ${pattern}: ${newest.count}, the last to move is ${newest.ref}`,
    );
  const own = {
    without: 'Nothing is published of it until one is.',
    mend: 'Tag and sign a changeset: docs/how-to/mercurial-signed-tags.md.',
  };
  return finding('SOURCE_REF', about, 'warning', `${repository} has no tag that fits ${pattern}`, own);
}

function refFindings(about: string, { repository, ref }: WatchedRef, head: RefHead | null): readonly Finding[] {
  if (head === null) return [finding('SOURCE_REF', about, 'bad', `${repository} has no ${ref}, or no open head of it`, absentWords)];
  const good = finding('SOURCE_REF', about, 'good', `${repository}: ${ref} is at ${head.commit.slice(0, 12)}`);
  const doubts = (head.doubts ?? []).map(({ code, message }) =>
    finding('SOURCE_REF', about, 'warning', `${repository}: ${ref}: ${message} [${code}]`, { mend: doubtMends[code] }),
  );
  return doubts.length > 0 ? doubts : [good];
}

const absentWords = {
  without: 'There is nothing to deploy from; whatever follows it stays where it is.',
  mend: 'Push it, or correct `ref` in `publish` of the source: names of branches and bookmarks are case-sensitive (`hg branches`, `hg bookmarks`).',
} as const;

const tagPage = 'docs/how-to/mercurial-signed-tags.md, "What is refused, and why".';

const doubtMends: Readonly<Record<RefDoubtCode, string>> = {
  'several-heads': 'Merge them (`hg merge`), or close all but one (`hg commit --close-branch`), and push.',
  shadowed: 'Rename or delete the bookmark (`hg bookmark --rename`, `hg bookmark --delete`), and push that.',
  draft: 'Have it published: `hg phase --public`, or `publish = True` under `[phases]` of the host.',
  secret: 'Have it published: `hg phase --public`.',
  obsolete: 'Push what has taken its place, and update the bookmark.',
  subrepositories: 'Take them out of what is published.',
  largefiles: 'Take them out of what is published.',
  symlinks: 'Take them out of what is published.',
  unfit: 'Publish something smaller: `path` in `publish` of the source.',
  'tag-unsigned': 'Sign the changeset that brought the tag (`hg sign`), and push that: docs/how-to/mercurial-signed-tags.md.',
  'tag-invalid': tagPage,
  'tag-moved': tagPage,
};

/** What mends a doubt. */
export function mendOf(code: RefDoubtCode): string {
  return doubtMends[code];
}
