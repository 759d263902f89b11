import type { Subject } from '#core/subject.ts';
import type { HgWebhook } from './schema.ts';

/**
 * Whether a subject is one of those whose deliveries are taken: of that issuer, and every claim that an entry names has exactly that value. `sub` is always
 * named, so that nobody else of the issuer is let in.
 */
export function sendersAmong(tokens: HgWebhook['tokens']): (subject: Subject) => boolean {
  return ({ issuer, claims }) =>
    tokens.some(
      (one) =>
        one.issuer === issuer &&
        Object.entries(one.match).every(([claim, value]) => Object.hasOwn(claims, claim) && claims[claim] === value),
    );
}
