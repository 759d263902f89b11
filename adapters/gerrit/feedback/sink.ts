import { changesIn } from '#core/brought.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Inheritance, Inherited, News, NewsKind, Sink } from '#core/ports/sink.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { GerritClient } from '../rest/client.ts';
import { markerOf } from './marker.ts';
import { messageText } from './message-text.ts';
import { ReviewPoster, type ReviewMessage } from './review-poster.ts';
import { standingsOf, tellingsOf } from './standing.ts';
import { voteOf, type FeedbackLabel } from './vote.ts';

const { failures: mostFailures, remembered } = limits.gerritFeedback;

export interface MessageFeedbackOptions {
  /** `spec.sources[].name`: changes of other sources are not told. */
  readonly source: string;
  readonly api: Pick<GerritClient, 'get' | 'post'>;
  readonly log: Pick<Log, 'warn'>;
  /** Whether a revision holds another; undefined: nobody can say, and what was superseded is told no more than that. */
  readonly holds: Inheritance['holds'] | undefined;
  /** Undefined: no votes. */
  readonly label: FeedbackLabel | undefined;
  /** The address of a change's page; null while nobody has said where the pages are. */
  readonly pageOf: (change: string) => string | null;
}

/** On its way is no news on a change: what comes of it is. */
const untold: ReadonlySet<NewsKind> = new Set(['allowed', 'triggered']);

/**
 * Tells changes of Gerrit what became of them, by a message for each cluster and outcome. They come of everything that is known at the
 * moment, and what stands on the change is not written again, so that news that comes again, or late, does no harm. A change that was
 * superseded hears as well what became of the newer revision that it came with.
 */
export function createMessageFeedback(options: MessageFeedbackOptions): Sink {
  const { source, holds } = options;
  const mouth = new Mouth(new ReviewPoster(options.api, options.log));
  const mayBeHeld = holds !== undefined;
  return {
    name: `gerrit-messages/${source}`,
    inherits: holds && { source, holds },
    wants: ({ kind, reconcile, story: { change } }) =>
      !untold.has(kind) && change.source === source && (changesIn(change.readBack?.range).length > 0 || (mayBeHeld && reconcile !== null)),
    tell: (news) => mouth.sayAll(messagesAbout(options, news)),
  };
}

async function* messagesAbout(options: MessageFeedbackOptions, { story, target, inherited }: News): AsyncGenerator<ReviewMessage> {
  for await (const one of inherited ?? [{ story, heirs: new Map() }]) yield* messagesOf(options, one, target.cluster);
}

function messagesOf({ source, label, pageOf }: MessageFeedbackOptions, told: Inherited, cluster: string): readonly ReviewMessage[] {
  const { change } = told.story;
  const standings = standingsOf(told.story, told.heirs);
  const range = change.readBack?.range;
  const pulls = changesIn(range);
  const others = { count: pulls.length - 1, more: range?.lacked.includes('pulls') === true };
  return tellingsOf(standings, cluster).flatMap((telling) => {
    const { outcome } = telling;
    const marker = markerOf({ source, ref: change.ref, cluster, outcome });
    const votes = voteOf(label, outcome, standings, change.owed.length > 0);
    return pulls.map((pull) => {
      const text = messageText({ telling, change, pull, others, pageOf, marker });
      return { project: change.repository, number: pull.number, text, marker, votes };
    });
  });
}

/** Says several things; what one change does not take keeps nothing from the others. */
class Mouth {
  readonly #poster: ReviewPoster;
  /** Change and marker of what is known to stand there. What is forgotten is looked for on the change. */
  readonly #said = new Set<string>();

  constructor(poster: ReviewPoster) {
    this.#poster = poster;
  }

  /** @throws HeadgateError SINK_REFUSED for what will never be taken, once everything else was; those of ReviewPoster for what waits */
  async sayAll(messages: AsyncIterable<ReviewMessage>): Promise<void> {
    const refused = new Map<string, HeadgateError>();
    const failed: unknown[] = [];
    for await (const message of messages) {
      if (this.#said.has(keyOf(message))) continue;
      try {
        await this.#poster.post(message);
        this.#remember(keyOf(message));
      } catch (error) {
        if (error instanceof HeadgateError && error.code === 'SINK_REFUSED') refused.set(keyOf(message), error);
        else failed.push(error);
      }
      if (failed.length >= mostFailures) break;
    }
    if (failed.length > 0) throw failed[0];
    this.#giveUp(refused);
  }

  /** Not asked again with the next news; said once, by whoever hears it. */
  #giveUp(refused: ReadonlyMap<string, HeadgateError>): void {
    for (const key of refused.keys()) this.#remember(key);
    if (refused.size === 0) return;
    const errors = [...refused.values()];
    throw new HeadgateError('SINK_REFUSED', errors.map(({ message }) => message).join('; '), { cause: errors[0] });
  }

  #remember(key: string): void {
    this.#said.add(key);
    for (const oldest of this.#said) {
      if (this.#said.size <= remembered) return;
      this.#said.delete(oldest);
    }
  }
}

function keyOf({ project, number, marker }: ReviewMessage): string {
  return `${project} ${number} ${marker}`;
}
