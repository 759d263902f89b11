import { isHere } from '#core/person.ts';
import { keysOf, type Signing } from '#core/signature.ts';
import { isHgTag, tagName } from '#core/tag-name.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { denied, groupByWhy, type Judged } from '#policy/judged.ts';
import type { SignedRule } from '#policy/range-rules.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';
import { isAmong } from '#policy/people/matcher.ts';
import { sayReviewers } from '#policy/say-reviewers.ts';
import { nothingCame, sayCommit } from '#policy/say.ts';
import { soundRange } from '#policy/sound-range.ts';

/** What a policy asks of who signed; `by` is null where anybody may who lists a key. */
type Asked = Omit<SignedRule, 'by'> & { readonly by: SignedRule['by'] | null };

/**
 * What a policy asks of who signed changes of a ref; null for nothing. A tag of Mercurial is a line that whoever may push can write, so somebody who lists a
 * key must have signed it in any case.
 */
export function signedAsked(signed: SignedRule | null, ref: string): Asked | null {
  if (!isHgTag(ref)) return signed;
  if (signed === null) return { commits: 'none', tags: 'all', by: null };
  return signed;
}

/** Whether every commit of the range, and the tag that the change is about, is signed by a key of those who are named. */
export function judgeSigned(signed: Asked, rule: string, input: DecisionInput): Judged {
  const isTag = tagName(input.change.ref) !== undefined && (signed.tags === 'all' || isHgTag(input.change.ref));
  const everyCommit = signed.commits === 'all';
  if (!isTag && !everyCommit) return { rule, denials: [], holds: 'it asks for signed tags, and this is none', saw: [] };
  const tagAlone = isTag && !everyCommit && 'missing' in input.range ? input.range.tag : undefined;
  if (tagAlone) return judged(rule, [{ of: input.change.ref, ...signer(signed, tagAlone, input) }]);
  const sound = soundRange(input, { asked: ['signatures'], known: everyCommit ? ['commits', 'signatures'] : ['signatures'], everyCommit });
  if ('code' in sound) return denied(rule, sound);
  const commits = everyCommit
    ? sound.facts.commits.map((commit) => ({ of: sayCommit(commit), ...signer(signed, sound.signings.get(commit.id), input) }))
    : [];
  return judged(rule, [...(isTag ? [{ of: input.change.ref, ...signer(signed, sound.tag, input) }] : []), ...commits]);
}

function judged(rule: string, objects: readonly (Signer & { readonly of: string })[]): Judged {
  const failures = objects.flatMap(({ of, why, code }) => (why === undefined ? [] : [{ of, code, why }]));
  if (failures.length > 0) return denied(rule, ...groupByWhy(failures));
  const by = [...new Set(objects.flatMap((object) => object.by ?? []))];
  return { rule, denials: [], holds: by.length === 0 ? nothingCame : `all ${objects.length} signed by ${by.join(', ')}`, saw: by };
}

interface Signer {
  readonly code: ReasonCode;
  /** Undefined when the signature counts. */
  readonly why?: string;
  readonly by?: string;
}

/** Of several who signed, one whom the rule names is enough. */
function signer(asked: Asked, signing: Signing | undefined, input: DecisionInput): Signer {
  if (signing === undefined) return { code: 'unsigned', why: 'its signature was not looked at' };
  if ('unsigned' in signing) return { code: 'unsigned', why: signing.unsigned };
  const all = keysOf(signing).map((key) => signerBy(asked, key, input));
  return all.find(({ why }) => why === undefined) ?? { code: 'other-signer', why: all.map(({ why }) => why).join('; ') };
}

function signerBy({ by }: Asked, key: string, { policies: { people }, now }: DecisionInput): Signer {
  const resolved = people.ofKey(key);
  if ('unresolved' in resolved)
    return { code: 'other-signer', why: `it is signed by ${key}, which is nobody's key: ${resolved.unresolved}` };
  const { person } = resolved;
  if (!isHere(person, now)) return { code: 'other-signer', why: `it is signed by ${person.name}, who has left` };
  if (by !== null && !isAmong(person, by, people, now))
    return { code: 'other-signer', why: `it is signed by ${person.name}, who is not ${sayReviewers(by, people, now)}` };
  return { code: 'allowed', by: `${person.name} (${key})` };
}
