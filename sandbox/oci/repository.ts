import { createHash } from 'node:crypto';

export interface StoredManifest {
  readonly type: string;
  readonly bytes: Buffer;
}

/** What one repository of the simulated registry holds. */
export class Repository {
  readonly blobs = new Map<string, Buffer>();
  /** By digest. */
  readonly manifests = new Map<string, StoredManifest>();
  /** Tag → digest. */
  readonly tags = new Map<string, string>();
  /** Upload → what has arrived of it. */
  readonly uploads = new Map<string, Buffer>();

  manifest(reference: string): StoredManifest | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference);
  }

  /** @returns digest; undefined when a blob that the manifest names is not there */
  put(reference: string, manifest: StoredManifest): string | undefined {
    const { config, layers } = JSON.parse(manifest.bytes.toString('utf8')) as { config: Named; layers: readonly Named[] };
    if ([config, ...layers].some(({ digest }) => !this.blobs.has(digest))) return undefined;
    const digest = sha256(manifest.bytes);
    this.manifests.set(digest, manifest);
    if (!reference.startsWith('sha256:')) this.tags.set(reference, digest);
    return digest;
  }
}

interface Named {
  readonly digest: string;
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
