import { createHash } from 'node:crypto';
import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import type { Ranged } from '#core/range-evidence.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { submitFacts } from '#policy/submit-facts.ts';
import { asksForRange } from '#policy/range-needs.ts';
import type { Opinion } from '#policy/rules.ts';

/**
 * What a decision saw of everything since `base`: how much, the reviews and signatures that it rests on, SHA-256 hashes of what the source
 * answered and of who is who. Only where a policy with a say asks for it; `base` wherever it is known.
 */
export function rangeFacts(input: DecisionInput, opinions: readonly Opinion[]): Decision['facts'] {
  const {
    range,
    policies,
    change: { source, ref },
    votes,
  } = input;
  const base = { base: baseOf(range) };
  if (!opinions.some(({ policy }) => asksForRange(policy, { source, ref, votes }))) return base;
  const saw = opinions.flatMap((opinion) => opinion.saw);
  const kept = limits.readBack.kept.pulls;
  return {
    ...base,
    commits: 'missing' in range ? null : String(range.facts.commitCount ?? 'not known'),
    reviewed: saw.length > kept ? [...saw.slice(0, kept), `and ${saw.length - kept} more`] : saw,
    evidence: digestOf(range),
    people: policies.people.hash,
    ...submitFacts(input),
  };
}

function baseOf(range: Ranged): string | null {
  return 'missing' in range ? (range.base ?? null) : range.facts.base;
}

/** Null where nothing was looked at. */
function digestOf(range: Ranged): string | null {
  if ('missing' in range) return range.tag ? hashOf([range.tag]) : null;
  const { facts, signings, tag } = range;
  return hashOf([facts, [...signings], tag ?? null]);
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
