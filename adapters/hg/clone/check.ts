import { HeadgateError } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import { inTime, Late } from '../check/in-time.ts';
import type { BackEndQuestion } from '../check/question.ts';
import type { CloneAsking } from './clone-asking.ts';
import type { Clones } from './clones.ts';
import { endOf } from './failure.ts';
import type { Hg } from './hg.ts';

export interface CloneParts {
  readonly hg: Hg;
  readonly clones: Clones;
  readonly asking: CloneAsking;
}

/** The hg of this machine, and whether each repository can be cloned from its host: that brings the clone up to date. */
export async function checkClones(parts: CloneParts, question: BackEndQuestion): Promise<readonly Finding[]> {
  const binary = await binaryFinding(parts.hg, question);
  if (binary.severity === 'bad') return [binary];
  return [binary, ...(await Promise.all(question.repositories.map((repository) => cloneFinding(parts, question, repository))))];
}

async function binaryFinding(hg: Hg, { about }: BackEndQuestion): Promise<Finding> {
  try {
    return finding('HG_BINARY', about, 'good', `Mercurial ${await hg.usable()} (${hg.program})`);
  } catch (error) {
    const worded = endOf('hg', hg.program, error);
    if (!(worded instanceof HeadgateError)) throw error;
    return finding('HG_BINARY', about, 'bad', worded.message, { mend: worded.hint });
  }
}

async function cloneFinding({ clones, asking }: CloneParts, { about, clock }: BackEndQuestion, repository: string): Promise<Finding> {
  try {
    await inTime(clock, repository, () => asking.guarded(repository, () => clones.refresh(repository)));
    return finding('HG_CLONE', about, 'good', `the clone of ${repository} has what the host has`);
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    if (error instanceof Late)
      return finding(
        'HG_CLONE',
        about,
        'unknown',
        `${repository} was not cloned or pulled within ${limits.check.source / 1_000} s`,
        slowWords,
      );
    return finding('HG_CLONE', about, 'bad', error.message, { mend: error.hint });
  }
}

const slowWords = {
  without: 'The first clone is of the whole repository, and may take a while; changes wait as pending until it is there.',
  mend: 'Ask again in some minutes: `headgate check`. If it stays, look at the network between this machine and the host.',
} as const;
