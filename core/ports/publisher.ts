import type { Publication } from '#core/publication.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';

/**
 * Publishes what a source holds, as artifacts that Flux fetches. Rejects, beside the errors of ReadBack, with
 * REGISTRY_UNREACHABLE (out of reach, slow, broken: worth trying again), REGISTRY_REFUSED (credentials, rights, no such repository),
 * CONTENT_TOO_LARGE (limits.publish) or CONTENT_REFUSED (no files, symlinks, hostile names, no chart where one should be). The tag is moved last: nothing half-done is ever followed.
 */
export interface Publisher {
  /** What the source publishes. */
  readonly publications: readonly Publication[];
  /** What in the content forbids to publish it; empty when nothing does. @param revision full id of the changeset */
  inspect(publication: Publication, revision: string): Promise<readonly RefDoubt[]>;
  /** Packs and pushes the content, unless it is there already, and moves the tag to it. Doing it again changes nothing. */
  publish(order: PublishOrder): Promise<Published>;
  /** Whether its registry is spoken to without TLS. */
  isPlain(publication: Publication): boolean;
  /** Asks the registry whether something may be pushed there, and leaves nothing. Rejects as publish. */
  tryPush(publication: Publication): Promise<void>;
}

export interface PublishOrder {
  readonly publication: Publication;
  /** Full ref that the change is of. */
  readonly ref: string;
  /** Full id of the changeset. */
  readonly revision: string;
  readonly signal?: AbortSignal;
}

export interface Published {
  /** Of the manifest, `sha256:<hex>`. */
  readonly digest: string;
  /** False when the tag was at this very content already. */
  readonly moved: boolean;
  /** Of the packed layer. */
  readonly bytes: number;
}
