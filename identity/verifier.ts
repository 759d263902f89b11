import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import type { Issuers } from '#identity/issuer.ts';
import { issuerNameOf } from '#identity/issuer-name.ts';
import { TokenRefused } from '#identity/refusal.ts';
import { TokenUses } from '#identity/token-uses.ts';
import { verifyToken, type VerifiedToken } from '#identity/verify-token.ts';

export interface VerifierDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'verified'>;
}

/** Verifies the tokens of callers. Outside every refusal is the same 401; the log and a metric say which it was. */
export class TokenVerifier {
  readonly #issuers: Issuers;
  readonly #deps: VerifierDeps;
  readonly #uses = new TokenUses();

  constructor(issuers: Issuers, deps: VerifierDeps) {
    this.#issuers = issuers;
    this.#deps = deps;
  }

  /**
   * @param remote who sends it, for the log
   * @throws HeadgateError UNAUTHENTICATED; DENIED when the token is genuine, but lacks its groups because they are too many;
   * TOKEN_REVIEW_UNAVAILABLE when the cluster that would have to say so cannot be asked; OVERLOADED
   */
  async verify(compact: string, remote: string): Promise<VerifiedToken> {
    const { clock, metrics } = this.#deps;
    try {
      const verified = await verifyToken(this.#issuers, compact, clock.now());
      metrics.verified(verified.subject.issuer, 'verified');
      return verified;
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      throw this.#refused(error, issuerNameOf(this.#issuers, compact), remote);
    }
  }

  /**
   * Admits a token for one request and its repetitions.
   * @param what equal for the same request only
   * @throws HeadgateError UNAUTHENTICATED when it was used for another one; OVERLOADED
   */
  use({ id, endsAt, subject }: VerifiedToken, what: string, remote: string): void {
    if (this.#uses.admit(id, what, endsAt, this.#deps.clock.now())) return;
    throw this.#refused(new TokenRefused('replayed', `sub ${subject.sub}`), subject.issuer, remote);
  }

  #refused(refusal: TokenRefused, issuer: string, remote: string): HeadgateError {
    const { log, metrics } = this.#deps;
    const { reason, message } = refusal;
    const detail = message.slice(0, 2 * limits.identity.saidChars);
    log.info('a token was refused', { issuer, reason, detail, remote });
    metrics.verified(issuer, reason);
    if (reason === 'review-unavailable')
      return new HeadgateError('TOKEN_REVIEW_UNAVAILABLE', `issuer ${issuer} cannot be asked now`, { cause: refusal });
    if (reason !== 'group-overage') return new HeadgateError('UNAUTHENTICATED', `${reason}: ${detail}`, { cause: refusal });
    return new HeadgateError('DENIED', `${detail} (issuer ${issuer})`, {
      hint: 'Have the issuer put app roles, or only the groups that are assigned to the application, into the token.',
      cause: refusal,
    });
  }
}
