import type { RightAnswer } from '#core/ports/source-rights.ts';
import type { AccessRule, RuleSection } from './access-rules.ts';
import { every, not, some } from './certainty.ts';
import { possibleOrders } from './possible-orders.ts';
import type { PatternUser } from './ref-pattern.ts';

/** Whom it is asked of. */
export interface Asked {
  readonly ref: string;
  readonly user: PatternUser;
  /** Whether the account is in a group. */
  readonly isIn: (group: string) => RightAnswer;
}

/**
 * Whether access rules give an account one permission on a ref, without force. Whatever is not known counts as both: the answer is `yes` or
 * `no` only where it comes out the same either way.
 * @param sections of the project and of all that it inherits from, those that say anything of the permission
 */
export function permitted(sections: readonly RuleSection[], { ref, user, isIn }: Asked): RightAnswer {
  const orders = possibleOrders(sections, ref, user);
  if (orders === undefined) return 'unknown';
  const [first, ...others] = new Set(orders.map((order) => every([isAllowed(order, isIn), not(isBlocked(order, isIn))])));
  return first === undefined || others.length > 0 ? 'unknown' : first;
}

/**
 * Upward from the most specific section until one is exclusive. For one pair of pattern and group the first rule counts, so that a DENY only
 * hides what is inherited for that very pair (server/project/PermissionCollection.java, calculateAllowRules).
 */
function isAllowed(order: readonly RuleSection[], isIn: Asked['isIn']): RightAnswer {
  const seen = new Set<string>();
  const allowing: RightAnswer[] = [];
  for (const { pattern, exclusive, rules } of order) {
    for (const { group, action } of rules) {
      const pair = JSON.stringify([pattern, group]);
      if (!seen.has(pair) && action === 'ALLOW') allowing.push(isIn(group));
      seen.add(pair);
    }
    if (exclusive) break;
  }
  return some(allowing);
}

/** Each project by itself: nothing below it lifts its block (server/project/RefControl.java, isBlocked). */
function isBlocked(order: readonly RuleSection[], isIn: Asked['isIn']): RightAnswer {
  const projects = [...Map.groupBy(order, ({ depth }) => depth).values()];
  return some(projects.map((sections) => isBlockedIn(sections, isIn)));
}

/** An exclusive ALLOW lifts what follows in its project, any other ALLOW the block of its own section alone. */
function isBlockedIn([section, ...rest]: readonly RuleSection[], isIn: Asked['isIn']): RightAnswer {
  if (section === undefined) return 'no';
  const allowed = anyOf(section.rules, 'ALLOW', isIn);
  const barred = anyOf(
    section.rules.filter(({ force }) => !force), // a block of force leaves what is done without it
    'BLOCK',
    isIn,
  );
  const lifted = section.exclusive ? allowed : 'no';
  return every([not(lifted), some([every([barred, not(allowed)]), isBlockedIn(rest, isIn)])]);
}

function anyOf(rules: readonly AccessRule[], action: AccessRule['action'], isIn: Asked['isIn']): RightAnswer {
  return some(rules.filter((rule) => rule.action === action).map(({ group }) => isIn(group)));
}
