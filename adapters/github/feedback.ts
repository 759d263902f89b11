import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import { fullCommitId } from '#core/commit-id.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Pace } from '#core/pace.ts';
import type { News, Sink } from '#core/ports/sink.ts';
import { placeOf } from './api-call.ts';
import type { GithubClient, RestAnswer } from './client.ts';
import { statusesOf, type CommitStatus } from './commit-status.ts';

const { callTimeout, statusBurst, statusInterval, statusesRemembered } = limits.github;

export interface StatusFeedbackOptions {
  /** `spec.sources[].name`: changes of other sources are not told. */
  readonly source: string;
  readonly client: Pick<GithubClient, 'send'>;
  readonly clock: Clock;
  /** What the contexts begin with. */
  readonly prefix: string;
  /** The address of a change's page; null while nobody has said where the pages are. */
  readonly pageOf: (change: Change) => string | null;
}

/** What a change is told on: a commit of a repository. */
type Told = Pick<Change, 'repository'> & { readonly revision: string };

/**
 * Tells commits what became of them, as commit statuses (docs.github.com "REST API endpoints for commit statuses").
 * They come of everything that is known at the moment, so that news that comes again, or late, does no harm.
 */
export function createStatusFeedback(options: StatusFeedbackOptions): Sink {
  const { source, clock } = options;
  const poster = new StatusPoster(options);
  return {
    name: `github-status/${source}`,
    wants: ({ kind, story: { change } }) => kind !== 'triggered' && change.source === source && isTold(change),
    async tell(news: News) {
      const { change } = news.story;
      if (!isTold(change)) return;
      const until = clock.monotonic() + callTimeout;
      const url = options.pageOf(change);
      for (const status of statusesOf(news, options.prefix)) await poster.post(change, status, url, until);
    },
  };
}

/** A deletion leaves no commit to tell, and what only names the head has none yet. */
function isTold(change: Change): change is Change & Told {
  return change.action !== 'deleted' && change.revision !== null && fullCommitId.test(change.revision);
}

class StatusPoster {
  readonly #options: StatusFeedbackOptions;
  readonly #pace: Pace;
  /** Commit and context → what it was told last. What is forgotten is told once more. */
  readonly #last = new Map<string, string>();

  constructor(options: StatusFeedbackOptions) {
    this.#options = options;
    this.#pace = new Pace(options.clock, statusBurst, statusInterval);
  }

  /** @throws HeadgateError SINK_REFUSED, SOURCE_LIMITED, SOURCE_UNREACHABLE, SOURCE_REFUSED */
  async post(told: Told, { context, state, description }: CommitStatus, url: string | null, until: number): Promise<void> {
    const key = `${told.repository} ${told.revision} ${context}`;
    const body = { context, state, description, ...(url === null ? {} : { target_url: url }) };
    const text = JSON.stringify(body);
    if (this.#last.get(key) === text) return;
    this.#wait();
    const route = 'POST /repos/{owner}/{repo}/statuses/{sha}';
    const answer = await this.#options.client.send(route, { ...placed(told), sha: told.revision, ...body }, { until });
    if (answer.status >= 300) throw refused(told, answer);
    this.#remember(key, text);
  }

  /**
   * GitHub allows 80 requests a minute and 500 an hour that create content, and then refuses everything for a while, also what changes
   * are confirmed with (docs.github.com "Rate limits for the REST API", secondary rate limits).
   */
  #wait(): void {
    const wait = this.#pace.take();
    if (wait === 0) return;
    const message = `${this.#options.source}: as many commit statuses were sent as GitHub bears; the next one waits`;
    throw new HeadgateError('SOURCE_LIMITED', message, { retryAfter: wait });
  }

  #remember(key: string, text: string): void {
    this.#last.delete(key);
    this.#last.set(key, text);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= statusesRemembered) return;
      this.#last.delete(oldest);
    }
  }
}

function placed({ repository }: Told): ReturnType<typeof placeOf> {
  try {
    return placeOf(repository);
  } catch (cause) {
    throw new HeadgateError('SINK_REFUSED', messageOf(cause), { cause });
  }
}

/** The right is named: GitHub answers 404 as well where a token lacks it. */
function refused({ repository, revision }: Told, answer: RestAnswer): HeadgateError {
  const { status, message } = answer;
  const needed = answer.header('x-accepted-github-permissions') ?? 'statuses=write';
  const right = status === 403 || status === 404 ? `; it takes the right ${needed}, or the scope repo:status` : '';
  return new HeadgateError('SINK_REFUSED', `${repository}: no status for ${revision}: GitHub answers ${status} ${message}${right}`);
}
