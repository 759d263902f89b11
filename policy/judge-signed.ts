import { isHere } from '#core/person.ts';
import { parseRef } from '#core/refs.ts';
import type { Signing } from '#core/signature.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { denied, groupByWhy, type Judged } from '#policy/judged.ts';
import type { SignedRule } from '#policy/range-rules.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';
import { isAmong } from '#policy/people/matcher.ts';
import { sayReviewers } from '#policy/say-reviewers.ts';
import { nothingCame, sayCommit } from '#policy/say.ts';
import { soundRange } from '#policy/sound-range.ts';

/** Whether every commit of the range, and the tag that the change is about, is signed by a key of those who are named. */
export function judgeSigned(signed: SignedRule, rule: string, input: DecisionInput): Judged {
  const isTag = parseRef(input.change.ref)?.kind === 'tag' && signed.tags === 'all';
  const everyCommit = signed.commits === 'all';
  if (!isTag && !everyCommit) return { rule, denials: [], holds: 'it asks for signed tags, and this is none', saw: [] };
  const sound = soundRange(input, { asked: ['signatures'], known: everyCommit ? ['commits', 'signatures'] : ['signatures'], everyCommit });
  if ('code' in sound) return denied(rule, sound);
  const commits = everyCommit
    ? sound.facts.commits.map((commit) => ({ of: sayCommit(commit), ...signer(signed, sound.signings.get(commit.id), input) }))
    : [];
  const objects = [...(isTag ? [{ of: input.change.ref, ...signer(signed, sound.tag, input) }] : []), ...commits];
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

function signer({ by }: SignedRule, signing: Signing | undefined, { policies: { people }, now }: DecisionInput): Signer {
  if (signing === undefined) return { code: 'unsigned', why: 'its signature was not looked at' };
  if ('unsigned' in signing) return { code: 'unsigned', why: signing.unsigned };
  const resolved = people.ofKey(signing.signedBy);
  if ('unresolved' in resolved)
    return { code: 'other-signer', why: `it is signed by ${signing.signedBy}, which is nobody's key: ${resolved.unresolved}` };
  const { person } = resolved;
  if (!isHere(person, now)) return { code: 'other-signer', why: `it is signed by ${person.name}, who has left` };
  if (!isAmong(person, by, people, now))
    return { code: 'other-signer', why: `it is signed by ${person.name}, who is not ${sayReviewers(by, people, now)}` };
  return { code: 'allowed', by: `${person.name} (${signing.signedBy})` };
}
