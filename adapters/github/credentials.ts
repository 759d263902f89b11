import type { SecretRef } from '#config/secret-ref.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';

/** What proves to GitHub who asks. */
export interface Credentials {
  /** The value of the Authorization header for the next request. @throws HeadgateError SOURCE_REFUSED when there is none */
  authorization(): Promise<string>;
  /** GitHub refused that value. @returns whether there may be another one now */
  refused(authorization: string): boolean;
}

export type ReadSecret = (ref: SecretRef) => Buffer;

/** A token as it is: personal, fine-grained or of a machine account. Read at each use, so that it can be rotated. */
export function tokenCredentials(ref: SecretRef, secret: ReadSecret): Credentials {
  return {
    authorization: async () => bearer(readCredential(ref, secret).toString('latin1')),
    refused: () => false,
  };
}

/** A credential's bytes. Without them the source refuses; it is not out of reach. @throws HeadgateError SOURCE_REFUSED */
export function readCredential(ref: SecretRef, secret: ReadSecret): Buffer {
  try {
    return secret(ref);
  } catch (cause) {
    throw new HeadgateError('SOURCE_REFUSED', `no credentials: ${messageOf(cause)}`, { cause });
  }
}

/** @throws HeadgateError SOURCE_REFUSED for what cannot be sent in a header */
export function bearer(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
  throw new HeadgateError('SOURCE_REFUSED', 'the token has characters that no token has');
}
