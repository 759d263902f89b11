import { messageOf } from '#core/errors.ts';
import { readSigningKey } from '#core/keys/signing-key.ts';
import type { PersonKey } from '#core/person.ts';

/** @returns what identifies a public key, as core/signature.ts writes it, or in words why it is none of this kind */
export function fingerprintOf(kind: PersonKey['kind'], text: string): string | { readonly problem: string } {
  try {
    const key = readSigningKey(text);
    return key.kind === kind ? key.fingerprint : { problem: `it is a key of the kind \`${key.kind}\`` };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
