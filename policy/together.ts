import type { Decision, Reason } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import { targetKey } from '#core/target.ts';
import { reason } from '#policy/reason.ts';
import { sayFew } from '#policy/say.ts';

type Decided = Pick<Decision, 'target' | 'verdict' | 'rule' | 'reasons'>;

/**
 * Decides for a target that moves together with others, because one tag moves them all: nothing is allowed anywhere unless it is allowed
 * everywhere, each by the policies about what it writes to and for all that comes to it. Pure.
 * @param others what was decided for the others
 * @param publishes what they all follow: its address, and why it cannot be told whether something else follows it too
 */
export function together(
  decision: Decision,
  others: readonly Decided[],
  { address, unclear }: { readonly address: string; readonly unclear: readonly string[] },
): Decision {
  const published = { ...decision.facts, publishes: address };
  if (others.length === 0 && unclear.length === 0) return { ...decision, facts: published };
  const facts = { ...published, movesWith: others.map(({ target }) => targetKey(target)).slice(0, limits.decision.reasons) };
  const against = [...unclear, ...others.filter(({ verdict }) => verdict !== 'allow').map(sayDenied)];
  if (against.length === 0) return { ...decision, facts };
  const isAllowed = decision.verdict === 'allow';
  const reasons = [...(isAllowed ? [] : decision.reasons), ...against.map((message): Reason => reason('moves-with', message))];
  return {
    ...decision,
    verdict: 'deny',
    wouldBe: decision.wouldBe === null ? null : 'deny',
    rule: isAllowed ? 'together' : decision.rule,
    reasons: reasons.slice(0, limits.decision.reasons),
    facts,
  };
}

function sayDenied({ target, rule, reasons }: Decided): string {
  const why = sayFew(
    reasons.filter(({ code }) => code !== 'moves-with').map(({ message }) => message),
    '; ',
  );
  return `${targetKey(target)} follows the same artifact and would move with it, which is denied there by ${rule}${why === '' ? '' : `: ${why}`}`;
}
