import type { JsonPost, PostAnswer } from '#core/ports/json-post.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { TargetRef } from '#core/target.ts';
import { fluxEventOf, isTold } from './event.ts';
import type { FluxEventsConfig } from './schema.ts';

export interface FluxEventsSinkOptions {
  readonly name: string;
  readonly config: FluxEventsConfig;
  readonly post: JsonPost;
  readonly uidOf: (target: TargetRef) => string | undefined;
  readonly pageOf: (change: string) => string | null;
}

/** Posts news of one cluster's targets to its notification-controller, whose Alerts deliver them. */
export function createFluxEventsSink({ name, config, post, uidOf, pageOf }: FluxEventsSinkOptions): Sink {
  return {
    name,
    wants: (news) => news.target.cluster === config.cluster && isTold(news),
    async tell(news) {
      const event = fluxEventOf(news, { uid: uidOf(news.target), page: pageOf(news.story.change.id) });
      await post({ url: `${config.url}/`, headers: {}, body: JSON.stringify(event), taken: hasItAlready });
    },
  };
}

/**
 * notification-controller answers 429 to an event that it has taken before, and to nothing else: its limit is one in five minutes
 * for each event (internal/server/event_server.go). A 429 with another limit comes from something in between.
 */
function hasItAlready({ status, header }: PostAnswer): boolean {
  return status === 429 && header('x-ratelimit-limit') === '1';
}
