import { openArmour } from '#core/keys/armour.ts';
import { limits } from '#core/limits.ts';
import { tagFault } from '#core/signed-object.ts';
import type { SignatureVerifier, SignedObject, Signing, TakenFor } from '#core/signature.ts';
import type { OpenPgpSignatures } from '#identity/signatures/openpgp-signature.ts';
import { ListedKeys, type ListedKey } from '#identity/signatures/listed-keys.ts';
import { sshSigning } from '#identity/signatures/ssh-signature.ts';

interface Listed {
  readonly of: readonly ListedKey[];
  readonly keys: ListedKeys;
  /** Once it has been needed. */
  openPgp: OpenPgpSignatures | undefined;
}

/** Verifies signatures against the keys that are listed at the moment. The library for OpenPGP is loaded with the first one of its kind. */
export class Signatures implements SignatureVerifier {
  readonly #keys: () => readonly ListedKey[];
  #listed: Listed | undefined;

  /** @param keys the same list as long as nothing has changed */
  constructor(keys: () => readonly ListedKey[]) {
    this.#keys = keys;
  }

  async verify(object: SignedObject | null, at: number): Promise<Signing> {
    if (object === null) return { unsigned: 'it carries no signature, or the source hands out none that is certain to be its own' };
    try {
      return tidy(await this.#signing(object, at));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return tidy({ unsigned: `its signature cannot be taken: ${error.message}` });
    }
  }

  async verifyTag(tag: SignedObject | null, of: TakenFor, at: number): Promise<Signing> {
    const fault = tag && tagFault(tag.payload, of);
    return fault === null ? this.verify(tag, at) : tidy({ unsigned: fault });
  }

  async #signing({ payload, signature }: SignedObject, at: number): Promise<Signing> {
    if (signature.length > limits.signatures.signatureChars)
      throw new RangeError(`it is longer than ${limits.signatures.signatureChars} characters`);
    if (payload.length > limits.signatures.payloadBytes)
      throw new RangeError(`what it signs is larger than ${limits.signatures.payloadBytes} bytes`);
    const { label, data } = openArmour(signature);
    const bytes = Buffer.from(payload, 'latin1');
    switch (label) {
      case 'SSH SIGNATURE':
        return sshSigning(this.#current().keys, bytes, data);
      case 'PGP SIGNATURE': {
        const { OpenPgpSignatures } = await import('#identity/signatures/openpgp-signature.ts');
        const current = this.#current();
        current.openPgp ??= new OpenPgpSignatures(current.keys);
        return current.openPgp.judge(bytes, data, at);
      }
      default:
        throw new RangeError(`a ${label} is neither an OpenPGP nor an SSH signature`);
    }
  }

  #current(): Listed {
    const of = this.#keys();
    if (this.#listed?.of !== of) this.#listed = { of, keys: new ListedKeys(of), openPgp: undefined };
    return this.#listed;
  }
}

/** Words that libraries say may repeat what an object holds. */
function tidy(signing: Signing): Signing {
  if ('signedBy' in signing) return signing;
  return { unsigned: signing.unsigned.replaceAll(/\p{Cc}+/gu, ' ').slice(0, limits.signatures.saidChars) };
}
