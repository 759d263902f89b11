import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';

const Manifest = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })).min(1),
  annotations: z.record(z.string(), z.string()).default({}),
});

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export interface OciContent {
  /** Of the manifest, `sha256:<hex>`. */
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Path → content. */
  readonly files: Readonly<Record<string, string>>;
}

/** Pulls what a tag is at, by plain HTTP, as the OCI distribution-spec describes it. @throws Error in source-controller's words */
export async function fetchOci(url: string, tag: string, signal: AbortSignal): Promise<OciContent> {
  const [, host = '', repository = ''] = /^oci:\/\/([^/]+)\/(.+)$/.exec(url) ?? [];
  const base = `http://${host}/v2/${repository}`;
  const answer = await fetch(`${base}/manifests/${tag}`, { headers: { accept: MANIFEST }, signal });
  if (answer.status !== 200) throw new Error(`GET ${base}/manifests/${tag}: MANIFEST_UNKNOWN: manifest unknown`);
  const { layers, annotations } = Manifest.parse(await answer.json());
  const layer = await fetch(`${base}/blobs/${layers[0]?.digest}`, { signal });
  if (layer.status !== 200) throw new Error(`GET ${base}/blobs/${layers[0]?.digest}: BLOB_UNKNOWN: blob unknown to registry`);
  const digest = answer.headers.get('docker-content-digest') ?? '';
  return { digest, annotations, files: await filesIn(Buffer.from(await layer.arrayBuffer())) };
}

async function filesIn(layer: Buffer): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  const unpacked = extract();
  const gunzip = createGunzip();
  gunzip.once('error', (error) => unpacked.destroy(error));
  gunzip.pipe(unpacked);
  gunzip.end(layer);
  for await (const entry of unpacked) {
    const bytes = await buffer(entry);
    if (entry.header.type === 'file') files[entry.header.name.replace(/^\.\//, '')] = bytes.toString('utf8');
  }
  return files;
}
