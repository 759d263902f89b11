import { limits } from '#core/limits.ts';
import type { Blob } from '../blob.ts';
import type { RepositoryAddress } from './registries.ts';

/** Remembers where blobs were pushed to, so that another repository of the same registry can take them from there. */
export class BlobHolders {
  readonly #holders = new Map<string, string>();

  /** A repository of that registry which has the blob; undefined when that is unknown, or the one that asks. */
  of({ digest }: Blob, { host, repository }: RepositoryAddress): string | undefined {
    const holder = this.#holders.get(`${host} ${digest}`);
    return holder === repository ? undefined : holder;
  }

  note({ digest }: Blob, { host, repository }: RepositoryAddress): void {
    const key = `${host} ${digest}`;
    this.#holders.delete(key);
    this.#holders.set(key, repository);
    const [oldest] = this.#holders.keys();
    if (this.#holders.size > limits.registry.blobsKnown && oldest !== undefined) this.#holders.delete(oldest);
  }
}
