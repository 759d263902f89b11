import type { Hint } from '#core/delivery.ts';
import { describeSubject, type Subject } from '#core/subject.ts';

/** What a hint says on the word of a subject whose token was verified: beside each actor it stands whose word that is. */
export function asserted<Told extends Pick<Hint, 'actors'>>(
  told: Told,
  { issuer, iss, sub }: Pick<Subject, 'issuer' | 'iss' | 'sub'>,
): Told & Required<Pick<Hint, 'sender'>> {
  const assertedBy = describeSubject({ issuer, sub });
  return { ...told, sender: { issuer, iss, sub }, actors: told.actors.map((actor) => ({ ...actor, assertedBy })) };
}
