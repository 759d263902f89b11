import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { RegistryClient } from '#adapters/oci/registry/registry-client.ts';
import type { RegistryAccess } from '#adapters/oci/registry/registry-access.ts';
import { blobOf, digestOf } from '#adapters/oci/blob.ts';
import type { Manifest } from '#adapters/oci/artifact.ts';
import { systemClock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

export interface RegistryUnderTest {
  readonly access: RegistryAccess;
  stop(): Promise<void>;
}

/** What pushing takes for granted of a registry, fakes and real ones. */
export function registryConformance(name: string, open: () => Promise<RegistryUnderTest>): void {
  describe(`registry conformance: ${name}`, () => {
    let world: RegistryUnderTest;
    let count = 0;
    before(async () => {
      world = await open();
    });
    after(() => world?.stop());

    const fresh = (): string => `conformance/r${++count}`;
    const client = (repository: string): RegistryClient => new RegistryClient(world.access, repository, { clock: systemClock, env: {} });
    const manifestOf = (...blobs: readonly { digest: string; size: number }[]): Manifest => {
      const [config, ...layers] = blobs.map(({ digest, size }) => ({ mediaType: 'application/x-test', digest, size }));
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
      return { digest: digestOf(bytes), mediaType, bytes };
    };

    it('has nothing under a tag that nobody has made', async () => {
      assert.equal(await client(fresh()).digestAt('none'), null);
    });

    it('keeps blobs and a manifest, under its digest and under a tag that is moved', async () => {
      const pushing = client(fresh());
      const config = blobOf(Buffer.from('{}'));
      for (const text of ['one', 'two']) {
        const layer = blobOf(Buffer.from(text));
        for (const blob of [config, layer]) await pushing.pushBlob(blob, undefined);
        const manifest = manifestOf(config, layer);
        await pushing.putManifest(manifest, manifest.digest);
        assert.equal(await pushing.digestAt(manifest.digest), manifest.digest);
        await pushing.putManifest(manifest, 'moved');
        assert.equal(await pushing.digestAt('moved'), manifest.digest);
      }
    });

    it('refuses a manifest whose blobs are not there', async () => {
      const manifest = manifestOf(blobOf(randomBytes(10)), blobOf(randomBytes(10)));
      await assert.rejects(client(fresh()).putManifest(manifest, 'half'), { code: 'REGISTRY_REFUSED' });
    });

    it('takes a blob that is larger than a piece, in pieces', async () => {
      const pushing = client(fresh());
      const layer = blobOf(randomBytes(2 * limits.registry.chunkBytes + 12_345));
      const config = blobOf(Buffer.from('{"large":true}'));
      for (const blob of [config, layer]) await pushing.pushBlob(blob, undefined);
      const manifest = manifestOf(config, layer);
      await pushing.putManifest(manifest, 'large');
      assert.equal(await pushing.digestAt('large'), manifest.digest);
    });

    it('takes a blob from another repository, and one that is not there by upload', async () => {
      const [from, to] = [fresh(), fresh()];
      const [there, not] = [blobOf(randomBytes(1_000)), blobOf(randomBytes(1_000))];
      await client(from).pushBlob(there, undefined);
      const pushing = client(to);
      for (const blob of [there, not]) await pushing.pushBlob(blob, from);
      await pushing.putManifest(manifestOf(there, not), 'v1');
    });

    it('takes the same from two at once', async () => {
      const repository = fresh();
      const [config, layer] = [blobOf(Buffer.from('{"two":1}')), blobOf(randomBytes(100_000))];
      const manifest = manifestOf(config, layer);
      const push = async (): Promise<void> => {
        const pushing = client(repository);
        for (const blob of [config, layer]) await pushing.pushBlob(blob, undefined);
        await pushing.putManifest(manifest, manifest.digest);
        await pushing.putManifest(manifest, 'both');
      };
      await Promise.all([push(), push(), push()]);
      assert.equal(await client(repository).digestAt('both'), manifest.digest);
    });
  });
}
