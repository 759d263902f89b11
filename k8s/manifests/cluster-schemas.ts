import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { hasStatus } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import type { SchemaSet } from './schema-set.ts';

/** Finds the schemas of a group and version; undefined where there is none. */
export interface Schemas {
  /** @param groupVersion `apps/v1`, `v1`. May reject. */
  of(groupVersion: string): Promise<SchemaSet | undefined>;
}

/** The index of `/openapi/v3`: each path with an address that holds the hash of what lies there. */
const Index = z.object({ paths: z.record(z.string(), z.object({ serverRelativeURL: z.string() })) });

/**
 * The schemas that an API server publishes (Kubernetes documentation, "OpenAPI V3"): custom resources as they are installed now. Whoever is logged in may
 * read them (`system:discovery`). Kept by their hashes, so that a question costs an answer of the index at most.
 */
export class ClusterSchemas implements Schemas {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #index: { readonly paths: ReadonlyMap<string, string>; readonly until: number } | undefined;
  /** By address. */
  readonly #sets = new Map<string, Promise<SchemaSet>>();

  constructor(connection: Connection, clock: Pick<Clock, 'monotonic'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  async of(groupVersion: string): Promise<SchemaSet | undefined> {
    const address = (await this.#paths()).get(pathOf(groupVersion));
    return address === undefined ? undefined : await this.#set(address, groupVersion);
  }

  async #paths(): Promise<ReadonlyMap<string, string>> {
    const known = this.#index;
    if (known && known.until > this.#clock.monotonic()) return known.paths;
    const { paths } = Index.parse(await this.#get('/openapi/v3'));
    const addresses = new Map(Object.entries(paths).map(([path, { serverRelativeURL }]) => [path, serverRelativeURL]));
    this.#index = { paths: addresses, until: this.#clock.monotonic() + limits.preflight.schemaIndexAge };
    return addresses;
  }

  /** One question for each address, whoever asks. What fails is asked for again. */
  #set(address: string, groupVersion: string): Promise<SchemaSet> {
    const known = this.#sets.get(address);
    if (known) return known;
    // The validator is large: whoever never asks for a preflight does not hold it.
    const asked = Promise.all([this.#get(address), import('./schema-set.ts')]).then(
      ([document, { SchemaSet: Validator }]) => new Validator(document, groupVersion),
    );
    this.#sets.set(address, asked);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > limits.preflight.schemaSets && oldest !== undefined) this.#sets.delete(oldest);
    asked.catch((error: unknown) => {
      this.#sets.delete(address);
      if (hasStatus(error, 404)) this.#index = undefined;
    });
    return asked;
  }

  /** Only paths of the API server itself are asked for, whatever its index says. */
  #get(path: string): Promise<unknown> {
    return this.#connection.send({ method: 'GET', path, maxBytes: limits.preflight.schemaBytes });
  }
}

/** `api/v1` for the core, `apis/<group>/<version>` for others. */
export function pathOf(groupVersion: string): string {
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
}
