import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import type { RegistryAccess } from './registry-access.ts';
import { RegistryClient } from './registry-client.ts';

/** A repository in a registry. */
export interface RepositoryAddress {
  /** Lower case. */
  readonly host: string;
  readonly repository: string;
}

/** The names that the OCI distribution-spec allows ("Pulling manifests"), which cannot lead elsewhere. */
const REPOSITORY = /^oci:\/\/([A-Za-z0-9.:[\]-]+)\/([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)$/;

/** `oci://registry.example.com/infra-pay`, without a tag. @throws HeadgateError REGISTRY_REFUSED for anything else */
export function repositoryAddress(url: string): RepositoryAddress {
  const [, host, repository] = REPOSITORY.exec(url) ?? [];
  if (host !== undefined && repository !== undefined) return { host: host.toLowerCase(), repository };
  throw new HeadgateError('REGISTRY_REFUSED', `${JSON.stringify(url)} names no repository of a registry`, {
    hint: 'Write it as oci://registry.example.com/name in spec.sources[].publish[].oci.',
  });
}

/** The registries that a source publishes to: one client for each repository, which keeps its connections and tokens. */
export class Registries {
  readonly #accesses: ReadonlyMap<string, RegistryAccess>;
  readonly #world: { readonly clock: Clock; readonly env: Readonly<Record<string, string | undefined>> };
  readonly #clients = new Map<string, RegistryClient>();

  constructor(
    accesses: readonly RegistryAccess[],
    world: { readonly clock: Clock; readonly env: Readonly<Record<string, string | undefined>> },
  ) {
    this.#accesses = new Map(accesses.map((access) => [access.host.toLowerCase(), access]));
    this.#world = world;
  }

  isPlain({ host }: RepositoryAddress): boolean {
    return this.#accesses.get(host)?.plainHttp === true;
  }

  client({ host, repository }: RepositoryAddress): RegistryClient {
    const key = `${host}/${repository}`;
    const known = this.#clients.get(key);
    if (known) return known;
    const client = new RegistryClient(this.#accesses.get(host) ?? { host, plainHttp: false }, repository, this.#world);
    this.#clients.set(key, client);
    return client;
  }
}
