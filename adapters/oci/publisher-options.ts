import type { Clock } from '#core/clock.ts';
import type { Publication } from '#core/publication.ts';
import type { PublishedSource } from './published-source.ts';
import type { RegistryAccess } from './registry/registry-access.ts';

/** What createOciPublisher is made of. */
export interface OciPublisherOptions {
  readonly publications: readonly Publication[];
  readonly source: PublishedSource;
  /** A registry that is not listed is reached by TLS, without credentials. */
  readonly registries: readonly RegistryAccess[];
  /** Where content lies while it is packed, in files that have no name any more; made when it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  /** Lets go of what was packed last. */
  readonly stopping?: AbortSignal;
  /** Of the process: what says which proxies to use. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
