import type { LocalJWKSet } from 'jose';
import { readSecretFile, secretFileStamp } from '#config/secret-file.ts';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { KeySource } from '#identity/issuer.ts';
import { parseKeySet } from '#identity/parse-key-set.ts';
import { TokenRefused } from '#identity/refusal.ts';

/** Keys from a file, read again when it changes. One that cannot be used has no keys: the earlier ones may have been withdrawn. */
export class KeyFile implements KeySource {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #keys: LocalJWKSet | undefined;
  #stamp: string | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(path: string, clock: Pick<Clock, 'monotonic'>) {
    this.#path = path;
    this.#clock = clock;
  }

  readonly find: KeySource['find'] = async (...token) => this.#current()(...token);

  #current(): LocalJWKSet {
    const now = this.#clock.monotonic();
    if (this.#keys && now - this.#lookedAt < limits.identity.fileRefresh) return this.#keys;
    this.#lookedAt = now;
    const stamp = secretFileStamp(this.#path);
    if (this.#keys && stamp !== null && stamp === this.#stamp) return this.#keys;
    this.#keys = undefined;
    this.#keys = this.read();
    this.#stamp = stamp;
    return this.#keys;
  }

  /** @throws TokenRefused keys-unavailable */
  read(): LocalJWKSet {
    try {
      return parseKeySet(parseJson(readSecretFile(this.#path).value, limits.identity.documentDepth));
    } catch (cause) {
      throw new TokenRefused('keys-unavailable', `${this.#path}: ${messageOf(cause)}`, { cause });
    }
  }
}
