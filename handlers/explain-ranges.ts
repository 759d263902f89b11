import type { Decision } from '#core/decision.ts';
import type { Ranged } from '#core/range-evidence.ts';
import { targetKey } from '#core/target.ts';
import type { Deciding } from '#handlers/deciding.ts';
import type { ExplainedTarget } from '#handlers/explanation.ts';
import { noRanges, type Ranges } from '#handlers/ranges.ts';

const unasked = 'an explanation asks no source';

/** What is remembered of what the source said when a change was decided; nothing is asked now. */
export function explainedRanges({ remembered }: Pick<Deciding, 'remembered'>, decisions: readonly Decision[] = []): Ranges {
  const last = new Map(decisions.map((decision) => [targetKey(decision.target), decision]));
  return {
    ...noRanges(unasked),
    evidence({ target }): Ranged {
      const decision = last.get(targetKey(target));
      const base = decision?.facts['base'];
      return (decision && remembered?.of(decision.id)) ?? { missing: unasked, base: typeof base === 'string' ? base : null };
    },
  };
}

/** That a denial may be for want of asking alone. */
export function unaskedRanges(targets: readonly Pick<ExplainedTarget, 'decision'>[]): readonly string[] {
  const isOpen = targets.some(({ decision: { reasons } }) =>
    reasons.some(({ code, message }) => code === 'no-range' && message.includes(unasked)),
  );
  return isOpen
    ? [
        'rules about what came since the last allowed revision (submit requirements, reviews, checks, signatures) were not judged, because no source is asked; they are when it happens',
      ]
    : [];
}
