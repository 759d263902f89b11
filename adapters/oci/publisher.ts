import type { Publisher, PublishOrder, Published } from '#core/ports/publisher.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import { packArtifact } from './pack-artifact.ts';
import { publishArtifact } from './publish-artifact.ts';
import type { OciPublisherOptions } from './publisher-options.ts';
import { BlobHolders } from './registry/blob-holders.ts';
import { Registries, repositoryAddress } from './registry/registries.ts';

/** Publishes what a source holds, as OCI artifacts. What forbids it is the source's to say; what Flux would not take is found while packing. */
export function createOciPublisher(options: OciPublisherOptions): Publisher {
  const { publications, source, directory } = options;
  const registries = new Registries(options.registries, options);
  const holders = new BlobHolders();
  const slots = new Slots(limits.publish.atOnce);

  async function publish({ publication, ref, revision, signal }: PublishOrder): Promise<Published> {
    const address = repositoryAddress(publication.url);
    const { repository, path, tag } = publication;
    const ended = signal === undefined ? {} : { signal };
    const content = await source.content({ repository, ref, revision, path, ...ended });
    await using artifact = await packArtifact(publication, content, directory, signal);
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
