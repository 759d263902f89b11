import { errors, type LocalJWKSet } from 'jose';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { KeySource } from '#identity/issuer.ts';
import { TokenRefused } from '#identity/refusal.ts';

const { coolDown, keysRefresh, keysMaxAge } = limits.identity;

/**
 * An issuer's keys, fetched once and kept. However many tokens come, there is one request at a time; after a failure, and after a look
 * for a key that the issuer does not have, none for a while: nobody can make us ask the issuer by sending tokens.
 */
export class RemoteKeys implements KeySource {
  readonly #fetch: () => Promise<LocalJWKSet>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #keys: LocalJWKSet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #unknownAt = Number.NEGATIVE_INFINITY;
  #failure: { readonly at: number; readonly message: string } | undefined;
  #underWay: Promise<LocalJWKSet> | undefined;

  constructor(fetchKeys: () => Promise<LocalJWKSet>, clock: Pick<Clock, 'monotonic'>) {
    this.#fetch = fetchKeys;
    this.#clock = clock;
  }

  readonly find: KeySource['find'] = async (...token) => {
    const keys = await this.#current();
    try {
      return await keys(...token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await this.#afterUnknown(error))(...token);
    }
  };

  async #current(): Promise<LocalJWKSet> {
    const age = this.#clock.monotonic() - this.#fetchedAt;
    if (!this.#keys || age >= keysMaxAge) return this.#read();
    // Meanwhile the old ones do; why it failed is told once they are too old.
    if (age >= keysRefresh) this.#read().catch(() => undefined);
    return this.#keys;
  }

  /** The issuer may have a new key since. */
  #afterUnknown(error: Error): Promise<LocalJWKSet> {
    const now = this.#clock.monotonic();
    if (this.#underWay) return this.#underWay;
    if (now - this.#unknownAt < coolDown) throw error;
    this.#unknownAt = now;
    return this.#read();
  }

  async #read(): Promise<LocalJWKSet> {
    if (this.#failure && this.#clock.monotonic() - this.#failure.at < coolDown) throw unavailable(this.#failure.message);
    this.#underWay ??= this.#fetchOnce().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #fetchOnce(): Promise<LocalJWKSet> {
    try {
      this.#keys = await this.#fetch();
      this.#fetchedAt = this.#clock.monotonic();
      this.#failure = undefined;
      return this.#keys;
    } catch (cause) {
      this.#failure = { at: this.#clock.monotonic(), message: messageOf(cause) };
      throw unavailable(this.#failure.message);
    }
  }
}

function unavailable(message: string): TokenRefused {
  return new TokenRefused('keys-unavailable', message);
}
