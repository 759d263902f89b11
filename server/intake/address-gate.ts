import type { Clock } from '#core/clock.ts';
import type { ErrorCode } from '#core/error-codes.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Pace } from '#core/pace.ts';
import { addressBlock } from '#server/intake/address-block.ts';

interface Known {
  readonly failures: Pace;
  /** When something genuine came from there last, monotonic. */
  provenAt: number;
}

/** What a request is answered that has not proved where it comes from, and that anybody can send. */
const unproven: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNATURE_STALE',
  'SENDER_UNKNOWN',
  'NETWORK_REFUSED',
  'UNAUTHENTICATED',
  'SOURCE_UNKNOWN',
  'WEBHOOK_UNCONFIGURED',
  'METHOD_NOT_ALLOWED',
  'HEADER_INVALID',
  'BODY_ENCODED',
  'BODY_TOO_LARGE',
  'REQUEST_ABORTED',
]);

/**
 * Counts the requests of each address that prove nothing. Past its bucket an address is refused before anything of a request is read, unless it
 * has brought something genuine lately: behind one proxy noise and deliveries have one address, and noise must not shut those out.
 */
export class AddressGate {
  readonly #clock: Clock;
  /** By block of addresses, the one that was heard of longest ago first. */
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** @throws HeadgateError ADDRESS_LIMITED */
  pass(address: string): void {
    const known = this.#known.get(addressBlock(address));
    if (!known || this.#clock.monotonic() - known.provenAt < limits.intake.provenFor) return;
    const wait = known.failures.wait();
    if (wait === 0) return;
    const retryAfter = Math.max(wait, limits.http.retryAfterSeconds * 1_000);
    throw new HeadgateError('ADDRESS_LIMITED', 'too many requests of this address have proved nothing', { retryAfter });
  }

  /** Whether its bucket is empty: then it is refused, or answered late where it has brought something genuine. */
  isExhausted(address: string): boolean {
    const known = this.#known.get(addressBlock(address));
    return known !== undefined && known.failures.wait() > 0;
  }

  /** A request of the address was refused with this code. */
  refused(address: string, code: ErrorCode): void {
    if (unproven.has(code)) this.#heardOf(address).failures.take();
  }

  /** Something genuine came from there. One failure is forgotten for it: some senders show their secret only when they are asked (Gerrit). */
  proven(address: string): void {
    const known = this.#heardOf(address);
    known.failures.giveBack();
    known.provenAt = this.#clock.monotonic();
  }

  #heardOf(address: string): Known {
    const { failures, failureInterval, addresses } = limits.intake;
    const block = addressBlock(address);
    const fresh = (): Known => ({ failures: new Pace(this.#clock, failures, failureInterval), provenAt: Number.NEGATIVE_INFINITY });
    const known = this.#known.get(block) ?? fresh();
    this.#known.delete(block);
    this.#known.set(block, known);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > addresses) this.#known.delete(oldest);
    return known;
  }
}
