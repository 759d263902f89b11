import { limits } from '#core/limits.ts';
import type { News } from '#core/ports/sink.ts';

/** News in one line: `denied: org/app refs/heads/main 3f2a9c1d2e4f by octocat: no policy covers the namespace apps (default)`. */
export function describeNews(news: News): string {
  const { change } = news.story;
  const revision = change.revision === null ? 'head' : change.revision.slice(0, 12);
  const by = change.actors[0] ? ` by ${change.actors[0].name}` : '';
  const detail = detailOf(news);
  const line = `${news.kind.replace('_', ' ')}: ${change.repository} ${change.ref} ${revision}${by}${detail === '' ? '' : `: ${detail}`}`;
  return line.length > limits.tell.messageChars ? `${line.slice(0, limits.tell.messageChars - 1)}…` : line;
}

/** Of a decision, why; of a reconcile, what the step says that brought the news: by now it may have gone on. */
function detailOf({ kind, decision, reconcile }: News): string {
  if (kind === 'allowed') return `by ${decision.rule}`;
  if (kind === 'denied' || kind === 'held') return `${decision.reasons.map(({ message }) => message).join('; ')} (${decision.rule})`;
  const name = kind === 'timed_out' ? 'timed-out' : kind;
  return reconcile?.steps.findLast((step) => step.name === name)?.detail ?? '';
}
