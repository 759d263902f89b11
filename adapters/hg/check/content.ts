import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import { inTime } from './in-time.ts';
import { mendOf, type PublicationHead } from './refs.ts';

interface ContentQuestion {
  readonly about: string;
  readonly clock: Clock;
  readonly publisher: Publisher;
  readonly heads: readonly PublicationHead[];
}

/** Whether there is something at each published path, and all of it can be packed. */
export async function checkContent(question: ContentQuestion): Promise<readonly Finding[]> {
  return (await Promise.all(question.heads.map((one) => contentFindings(question, one)))).flat();
}

async function contentFindings(
  { about, clock, publisher }: ContentQuestion,
  { publication, head }: PublicationHead,
): Promise<readonly Finding[]> {
  const what = `${publication.path || 'the root'} of ${publication.repository} at ${head.commit.slice(0, 12)}`;
  try {
    const doubts = await inTime(clock, what, () => publisher.inspect(publication, head.commit));
    if (doubts.length === 0) return [finding('PUBLICATION_CONTENT', about, 'good', `${what} can be published`)];
    return doubts.map(({ code, message }) =>
      finding('PUBLICATION_CONTENT', about, 'warning', `${what}: ${message} [${code}]`, { mend: mendOf(code) }),
    );
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return [finding('PUBLICATION_CONTENT', about, 'bad', error.message, { mend: error.hint })];
  }
}
