import type { CelInput } from '@bufbuild/cel';
import { isHere } from '#core/person.ts';
import { keysOf, type Signing } from '#core/signature.ts';
import { tagName } from '#core/tag-name.ts';
import type { DecisionInput } from '#policy/decision-input.ts';

/**
 * `change.signedBy`, who signed the revision, and `change.tag`. What was not looked at has no field, so that an expression about it
 * has no value, which denies.
 */
export function signatureFields(input: DecisionInput): readonly (readonly [string, CelInput])[] {
  const { change, range } = input;
  if ('missing' in range) return range.tag ? tagField(range.tag, input) : [];
  if (range.facts.head !== change.revision || range.facts.question?.signatures !== true) return [];
  const tip = range.signings.get(change.revision);
  return [...(tip ? [['signedBy', signers(tip, input)] as const] : []), ...tagField(range.tag, input)];
}

/** Why there is no such field (`change.tag`); undefined when there is one. */
export function whyUnlooked(name: string, input: DecisionInput): string | undefined {
  if (signatureFields(input).some(([field]) => name === `change.${field}`)) return undefined;
  const { range } = input;
  return `${name} is not known${'missing' in range ? `: ${range.missing}` : ', because its signature was not looked at'}`;
}

/** Null for a branch. */
function tagField(signing: Signing | undefined, input: DecisionInput): readonly (readonly [string, CelInput])[] {
  const name = tagName(input.change.ref);
  if (name === undefined) return [['tag', null]];
  return signing ? [['tag', new Map<string, CelInput>(Object.entries({ name, signedBy: signers(signing, input) }))]] : [];
}

/** Each key, and the person who lists it and is here; empty for what nobody signed. */
function signers(signing: Signing, { policies: { people }, now }: DecisionInput): readonly string[] {
  return keysOf(signing).flatMap((key) => {
    const resolved = people.ofKey(key);
    return [...('person' in resolved && isHere(resolved.person, now) ? [resolved.person.name] : []), key];
  });
}
