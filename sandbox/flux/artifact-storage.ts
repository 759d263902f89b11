import { createHash } from 'node:crypto';

/** The files of one artifact under a directory; undefined when it has no such directory. */
export type ArtifactFiles = (directory: string) => Promise<ReadonlyMap<string, string> | undefined>;

/** Where source-controller keeps the tarballs that its consumers download. */
export class ArtifactStorage {
  readonly #artifacts = new Map<string, ArtifactFiles>();

  put(url: string, files: ArtifactFiles): void {
    this.#artifacts.set(url, files);
  }

  /** Undefined when the storage has lost it: a 404 to consumers. */
  get(url: string): ArtifactFiles | undefined {
    return this.#artifacts.get(url);
  }

  lose(url: string): void {
    this.#artifacts.delete(url);
  }
}

/** An artifact's description as source-controller writes it. The digest stands for the content: same revision, same digest. */
export function describeArtifact(
  kind: string,
  namespace: string,
  name: string,
  revision: string,
  time: string,
): Readonly<Record<string, unknown>> & { url: string } {
  const checksum = revision.slice(revision.lastIndexOf(':') + 1);
  const path = `${kind.toLowerCase()}/${namespace}/${name}/${checksum}.tar.gz`;
  const digest = `sha256:${createHash('sha256').update(checksum).digest('hex')}`;
  const url = `http://source-controller.flux-system.svc.cluster.local./${path}`;
  return { digest, lastUpdateTime: time, path, revision, size: 1_024, url };
}
