import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import { whatWouldPass } from '#core/remedies.ts';
import { plainText } from './plain-text.ts';

const { reasons: mostReasons, counted: mostCounted, textChars } = limits.gerritFeedback;

/** Under which decision something was let through, and who stood behind it. @param number of the change of Gerrit that is told */
export function allowedLines(decision: Decision, number: number): readonly string[] {
  const { facts, rule, wouldBe } = decision;
  const first = wouldBe === null || wouldBe === 'allow' ? [`allowed by ${plain(rule)}`] : auditLines(decision, wouldBe);
  return [...first, ...behind(facts, number)];
}

/** Why something was not let through, and what would make it pass. */
export function deniedLines(decision: Decision): readonly string[] {
  const { rule, reasons, verdict, enforcement } = decision;
  const by = rule === 'default' ? 'by default: no policy in force allows it' : `by ${plain(rule)}`;
  const advisory = 'Enforcement is advisory: Headgate asks Flux for nothing, but Flux polls, and pulls what the ref leads to.';
  return [
    `${verdict === 'hold' ? 'held' : 'denied'} ${by}`,
    ...few(reasons.flatMap(reasonLine)),
    ...few(whatWouldPass(decision).map((step) => `What would make it pass: ${step}`)),
    ...(enforcement === 'advisory' && verdict === 'deny' ? [advisory] : []),
  ];
}

/** A policy in audit mode stands in the way of nothing, and is not said to. */
function auditLines({ rule, reasons }: Decision, wouldBe: Decision['verdict']): readonly string[] {
  const why = few(reasons.filter(({ code }) => code !== 'audit').flatMap(reasonLine)).join('; ');
  const would = wouldBe === 'deny' ? 'would be denied' : 'would be held';
  return [
    `policies are in audit mode: they stood in the way of nothing. Enforced, it ${would} by ${plain(rule)}${why === '' ? '' : `: ${why}`}`,
  ];
}

/** What the cluster's own authorizer says of its users is for those who may ask it. */
function reasonLine({ code, message }: Decision['reasons'][number]): readonly string[] {
  return code.startsWith('access-') ? [`(${code})`] : [plain(message)];
}

function behind({ subject, person, pusher, reviewed }: Decision['facts'], number: number): readonly string[] {
  const known = (who: unknown): who is string => typeof who === 'string' && !who.startsWith('unresolved: ');
  return [
    ...(typeof subject === 'string' ? [`asked for by ${known(person) ? plain(person) : plain(subject)}`] : []),
    ...(known(pusher) ? [`pushed by ${plain(pusher)}`] : []),
    ...(typeof reviewed === 'object' && reviewed !== null ? counted(reviewed, number) : []),
  ];
}

/** What counted for the change itself; what did for those that came with it stands on them. */
function counted(reviewed: readonly string[], number: number): readonly string[] {
  const own = reviewed.filter((one) => new RegExp(`#${number}(?!\\d)`).test(one));
  const told = own.length > 0 ? own : reviewed;
  const more = told.length > mostCounted ? [`counted: and ${told.length - mostCounted} more`] : [];
  return [...told.slice(0, mostCounted).map((one) => `counted: ${plain(one)}`), ...more];
}

function few(lines: readonly string[]): readonly string[] {
  return lines.length <= mostReasons ? lines : [...lines.slice(0, mostReasons), `and ${lines.length - mostReasons} more`];
}

function plain(text: string): string {
  return plainText(text, textChars);
}
