import type { Reason } from '#core/decision.ts';
import type { Glob } from '#core/glob.ts';
import type { CheckFacts } from '#core/ports/read-back.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { denied, type Judged } from '#policy/judged.ts';
import { shortId } from '#policy/say.ts';
import { soundRange } from '#policy/sound-range.ts';

/**
 * Whether each of the checks is there and every one that a pattern fits has ended with `success`. Neutral or skipped is not success:
 * what was skipped has checked nothing.
 */
export function judgeChecks(checks: readonly Glob[], rule: string, input: DecisionInput): Judged {
  const sound = soundRange(input, { asked: [], known: ['checks'], everyCommit: false });
  if ('code' in sound) return denied(rule, sound);
  const { head, checks: ended } = sound.facts;
  const failures = checks.flatMap((glob) => whyNot(glob, ended, head));
  if (failures.length > 0) return denied(rule, ...failures);
  const names = [...new Set(ended.filter(({ name }) => checks.some((glob) => glob.matches(name))).map(({ name }) => name))];
  return { rule, denials: [], holds: `passed at ${shortId(head)}: ${names.join(', ')}`, saw: [] };
}

function whyNot(glob: Glob, checks: readonly CheckFacts[], head: string): readonly Reason[] {
  const those = checks.filter(({ name }) => glob.matches(name));
  if (those.length === 0) return [{ code: 'check-missing', message: `${shortId(head)} has no check ${glob.pattern}` }];
  return those.flatMap(({ name, conclusion }) => {
    if (conclusion === 'success') return [];
    const how = conclusion === null ? 'has not ended yet: ask again (`headgate reconcile`) when it has' : `ended with ${conclusion}`;
    return [{ code: 'check-not-passed', message: `check ${name} of ${shortId(head)} ${how}` }];
  });
}
