import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Pace } from '#core/pace.ts';

/** What a source may send: so many deliveries at once, and so many per second after that. */
export interface DeliveryRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Deliveries that were refused because more came than the rate of their source allows. Moments are milliseconds since the epoch. */
export interface Flood {
  readonly since: number;
  readonly last: number;
  readonly requests: number;
}

interface Bucket {
  readonly pace: Pace;
  readonly rate: DeliveryRate;
  flood: Flood | null;
}

/** Bounds how many deliveries each source may bring, so that one that floods leaves the journal and the event loop to the others. */
export class SourceRates {
  readonly #clock: Clock;
  readonly #configured: ReadonlyMap<string, DeliveryRate>;
  readonly #buckets = new Map<string, Bucket>();

  /** @param configured by name of the source; the others have `limits.intake.rate` */
  constructor(clock: Clock, configured: ReadonlyMap<string, DeliveryRate>) {
    this.#clock = clock;
    this.#configured = configured;
  }

  /** Before anything of a request is read: what could not be taken is not verified either. @throws HeadgateError DELIVERIES_LIMITED */
  expect(source: string): void {
    const bucket = this.#bucketOf(source);
    this.#refuse(source, bucket, bucket.pace.wait());
  }

  /** One authentic delivery of a configured source; known ones cost as much. @throws HeadgateError DELIVERIES_LIMITED */
  take(source: string): void {
    const bucket = this.#bucketOf(source);
    this.#refuse(source, bucket, bucket.pace.take());
  }

  /** The flood that goes on, or has ended lately; null when there was none. */
  floodOf(source: string): (Flood & { readonly rate: DeliveryRate }) | null {
    const { flood, rate } = this.#bucketOf(source);
    return flood && this.#isLate(flood) ? null : flood && { ...flood, rate };
  }

  #bucketOf(source: string): Bucket {
    const known = this.#buckets.get(source);
    if (known) return known;
    const rate = this.#configured.get(source) ?? limits.intake.rate;
    const bucket: Bucket = { pace: new Pace(this.#clock, rate.burst, 1_000 / rate.perSecond), rate, flood: null };
    this.#buckets.set(source, bucket);
    return bucket;
  }

  #refuse(source: string, bucket: Bucket, wait: number): void {
    if (wait === 0) return;
    const now = this.#clock.now();
    const before = bucket.flood && !this.#isLate(bucket.flood) ? bucket.flood : { since: now, requests: 0 };
    bucket.flood = { since: before.since, last: now, requests: before.requests + 1 };
    const { perSecond, burst } = bucket.rate;
    const retryAfter = Math.max(wait, limits.http.retryAfterSeconds * 1_000);
    throw new HeadgateError('DELIVERIES_LIMITED', `${source} may bring ${perSecond} deliveries per second, and ${burst} at once`, {
      retryAfter,
    });
  }

  #isLate({ last }: Flood): boolean {
    return this.#clock.now() - last > limits.intake.toldFor;
  }
}
