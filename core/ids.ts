import type { Clock } from '#core/clock.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base32, lower case

/** What an id stands for; the prefix makes ids recognisable in logs and lets `trace` take any of them. */
export type IdKind = 'dlv' | 'chg' | 'dec' | 'rec';

/** A time-ordered id such as `chg_01kag3v7y2r0d4m8q1x5z9w7tb`: 10 characters of milliseconds, 12 of randomness. */
export function newId(kind: IdKind, clock: Clock): string {
  let time = clock.now();
  let stamp = '';
  for (let i = 0; i < 10; i++) {
    stamp = ALPHABET.charAt(time % 32) + stamp;
    time = Math.floor(time / 32);
  }
  let noise = '';
  for (let i = 0; i < 12; i++) noise += ALPHABET.charAt(Math.floor(clock.random() * 32));
  return `${kind}_${stamp}${noise}`;
}

/** True for ids made by newId of that kind. */
export function isId(kind: IdKind, text: string): boolean {
  return text.length === kind.length + 23 && text.startsWith(`${kind}_`) && /^[0-9a-hjkmnp-tv-z]{22}$/.test(text.slice(kind.length + 1));
}
