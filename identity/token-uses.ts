import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

interface Use {
  readonly what: string;
  readonly endsAt: number;
}

/** What tokens have been used for while they are valid: each for one thing, which may be repeated. */
export class TokenUses {
  readonly #uses = new Map<string, Use>();

  /**
   * @param token VerifiedToken.id
   * @param what equal for the same request only
   * @param endsAt when the token is no longer taken, milliseconds since the epoch
   * @returns whether it may be used for that
   * @throws HeadgateError OVERLOADED when more are in use than are remembered: to forget one would be to let it be used again
   */
  admit(token: string, what: string, endsAt: number, now: number): boolean {
    const known = this.#uses.get(token);
    if (known) return known.what === what;
    if (this.#uses.size >= limits.identity.uses) this.#forgetEnded(now);
    if (this.#uses.size >= limits.identity.uses) throw new HeadgateError('OVERLOADED', 'too many tokens are in use');
    this.#uses.set(token, { what, endsAt });
    return true;
  }

  #forgetEnded(now: number): void {
    for (const [token, { endsAt }] of this.#uses) if (endsAt <= now) this.#uses.delete(token);
  }
}
