import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import type { Archive, DecisionFilter } from '#core/ports/journal.ts';
import { targetKey } from '#core/target.ts';
import { filterText, sinceParameter } from '#server/query.ts';
import { isAsked, type Listed } from '#server/routes/listing.ts';

/** `GET /v1/decisions[/{id}]`. */
export function decisions(archive: Pick<Archive, 'decisions' | 'decision'>, clock: Clock): Listed<Decision, DecisionFilter> {
  return {
    path: 'decisions',
    kind: 'decision',
    filters: z.object({
      change: filterText,
      target: filterText,
      verdict: z.enum(['allow', 'hold', 'deny']).exactOptional(),
      wouldBe: z.enum(['allow', 'hold', 'deny']).exactOptional(),
      since: sinceParameter(clock),
    }),
    list: (filter, page) => archive.decisions(filter, page),
    find: (id) => archive.decision(id),
    fits: (decision, filter) =>
      isAsked(filter.change, decision.change) &&
      isAsked(filter.target, targetKey(decision.target)) &&
      isAsked(filter.verdict, decision.verdict) &&
      isAsked(filter.wouldBe, decision.wouldBe) &&
      decision.at >= (filter.since ?? 0),
  };
}
