import type { Published } from '#core/ports/publisher.ts';
import type { Blob } from './blob.ts';
import type { PackedArtifact } from './pack-artifact.ts';
import type { RegistryClient } from './registry/registry-client.ts';

export interface PublishTo {
  readonly client: RegistryClient;
  readonly tag: string;
  /** A repository of the same registry that a blob is known to lie in. */
  readonly holderOf: (blob: Blob) => string | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Pushes an artifact and moves a tag to it: blobs, then the manifest under its digest, and the tag last, so that whoever follows the tag never finds half of
 * it. Nothing is sent when the tag is there already. Two that publish the same at once do no harm: each step makes what it finds to what it has to be.
 */
export async function publishArtifact(artifact: PackedArtifact, { client, tag, holderOf, signal }: PublishTo): Promise<Published> {
  const { manifest, blobs, bytes } = artifact;
  const { digest } = manifest;
  if ((await client.digestAt(tag, signal)) === digest) return { digest, moved: false, bytes };
  for (const blob of blobs) await client.pushBlob(blob, holderOf(blob), signal);
  await client.putManifest(manifest, digest, signal);
  await client.putManifest(manifest, tag, signal);
  return { digest, moved: true, bytes };
}
