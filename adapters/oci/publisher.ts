import type { Publisher, PublishOrder, Published } from '#core/ports/publisher.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import { packArtifact, type PackedArtifact } from './pack-artifact.ts';
import { gather } from './pack/gather.ts';
import { KeptCollections } from './pack/kept-collections.ts';
import { publishArtifact } from './publish-artifact.ts';
import type { OciPublisherOptions } from './publisher-options.ts';
import { BlobHolders } from './registry/blob-holders.ts';
import { Registries, repositoryAddress } from './registry/registries.ts';

/** Publishes what a source holds, as OCI artifacts. What forbids it is the source's to say; what Flux would not take is found while packing. */
export function createOciPublisher(options: OciPublisherOptions): Publisher {
  const { publications, source, directory, stopping } = options;
  const registries = new Registries(options.registries, options);
  const holders = new BlobHolders();
  const slots = new Slots(limits.publish.atOnce);
  const kept = new KeptCollections();
  const close = (): void => void kept.close();
  if (stopping?.aborted) close();
  stopping?.addEventListener('abort', close, { once: true });

  /** What was packed of the path last saves reading what has not changed since. */
  async function pack({ publication, ref, revision, signal }: PublishOrder): Promise<PackedArtifact> {
    const { repository, path } = publication;
    const key = `${repository}\n${path}`;
    const question = { repository, ref, revision, path, ...(signal === undefined ? {} : { signal }) };
    const { content, collection } = await gather(source, question, kept.take(key), directory);
    await using gathered = new AsyncDisposableStack();
    gathered.use(collection.spool);
    const artifact = await packArtifact(publication, content, collection, directory, signal);
    gathered.move();
    await kept.keep(key, { ...collection, revision });
    return artifact;
  }

  async function publish(order: PublishOrder): Promise<Published> {
    const { publication, signal } = order;
    const address = repositoryAddress(publication.url);
    const { tag } = publication;
    const ended = signal === undefined ? {} : { signal };
    await using artifact = await pack(order);
    const client = registries.client(address);
    const published = await publishArtifact(artifact, { client, tag, holderOf: (blob) => holders.of(blob, address), ...ended });
    for (const blob of artifact.blobs) holders.note(blob, address);
    return published;
  }

  return {
    publications,
    inspect: ({ repository, path }, revision) => source.doubts(repository, revision, path),
    isPlain: ({ url }) => registries.isPlain(repositoryAddress(url)),
    tryPush: ({ url }) => registries.client(repositoryAddress(url)).tryPush(),
    publish: (order) =>
      slots.run(() => {
        order.signal?.throwIfAborted();
        return publish(order);
      }),
  };
}
