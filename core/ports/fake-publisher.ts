import type { HeadgateError } from '#core/errors.ts';
import type { Published, Publisher, PublishOrder } from '#core/ports/publisher.ts';
import { addressOf, type Publication } from '#core/publication.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';

/** A registry in memory, for tests of whatever publishes: the digest of an artifact is made of its address and revision. */
export class FakePublisher implements Publisher {
  readonly publications: readonly Publication[];
  /** Address → the revision that its tag is at. */
  readonly tags = new Map<string, string>();
  /** Revision → what forbids to publish it. */
  readonly doubts = new Map<string, readonly RefDoubt[]>();
  /** Every order that was carried out, as `address revision`. */
  readonly orders: string[] = [];
  /** Whether registries speak HTTP without TLS. */
  plain = false;
  /** Why publishing fails now; undefined: it succeeds. */
  failure: HeadgateError | undefined;
  /** What a publication waits for before its tag is moved. */
  hold: ((order: PublishOrder) => Promise<void>) | undefined;

  constructor(publications: readonly Publication[]) {
    this.publications = publications;
  }

  inspect(_publication: Publication, revision: string): Promise<readonly RefDoubt[]> {
    return Promise.resolve(this.doubts.get(revision) ?? []);
  }

  isPlain(): boolean {
    return this.plain;
  }

  tryPush(): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }

  async publish(order: PublishOrder): Promise<Published> {
    if (this.failure) throw this.failure;
    await this.hold?.(order);
    order.signal?.throwIfAborted();
    const address = addressOf(order.publication);
    const moved = this.tags.get(address) !== order.revision;
    this.tags.set(address, order.revision);
    this.orders.push(`${address} ${order.revision}`);
    return { digest: digestFor(order.revision), moved, bytes: 1_000 };
  }
}

/** The digest that an artifact of this revision has. */
export function digestFor(revision: string): string {
  return `sha256:${revision.slice(0, 32).repeat(2)}`;
}
