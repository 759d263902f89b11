import { limits } from '#core/limits.ts';
import { describeNews } from '#core/news-text.ts';
import type { NewsKind } from '#core/news.ts';
import type { News } from '#core/ports/sink.ts';

const decided: ReadonlySet<NewsKind> = new Set(['allowed', 'denied', 'held']);

/** `headgate.decision.denied`, `headgate.reconcile.applied`. */
export function typeOf(kind: NewsKind): string {
  return `headgate.${decided.has(kind) ? 'decision' : 'reconcile'}.${kind}`;
}

/**
 * What the webhook sends: type, timestamp and data, as Standard Webhooks recommends, small. docs/how-to/tell.md describes it.
 * @param page address of the change's page, null where nobody has said where the pages are
 */
export function bodyOf(news: News, page: string | null) {
  const { id, kind, at, target, decision, reconcile, story } = news;
  const { cluster, kind: targetKind, namespace, name } = target;
  return {
    type: typeOf(kind),
    timestamp: new Date(at).toISOString(),
    data: {
      id,
      message: describeNews(news),
      url: page,
      target: { cluster, kind: targetKind, namespace, name },
      change: changeOf(story.change),
      decision: {
        id: decision.id,
        verdict: decision.verdict,
        rule: decision.rule,
        reasons: decision.reasons.slice(0, limits.tell.reasons),
      },
      reconcile: reconcile && { id: reconcile.id, outcome: reconcile.outcome, reason: reconcile.reason, message: reconcile.message },
    },
  };
}

function changeOf({ id, source, repository, ref, before, revision, confirmed, actors, receivedAt }: News['story']['change']) {
  const people = actors.map(({ role, name }) => ({ role, name }));
  return { id, source, repository, ref, before, revision, confirmed, actors: people, receivedAt: new Date(receivedAt).toISOString() };
}
