import type { Publication } from '#core/publication.ts';
import { HeadgateError } from '#core/errors.ts';
import { blobOf, digestOf, type Blob } from './blob.ts';
import { tagFits } from './chart/chart-version.ts';
import type { ChartMetadata } from './chart/chart-metadata.ts';
import type { Layer } from './pack/pack-layer.ts';
import type { SourceContent } from './published-source.ts';

/** The blobs of an artifact, and the manifest that leads to them. */
export interface Artifact {
  readonly blobs: readonly Blob[];
  readonly manifest: Manifest;
}

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

type Origin = Pick<SourceContent, 'date' | 'origin' | 'url'>;

/** What Flux's CLI pushes (fluxcd/pkg oci/constants.go, push.go): `flux push artifact --reproducible`, created when the revision was committed. */
export function manifestsArtifact(layer: Layer, from: Origin): Artifact {
  const config = {
    created: created(from),
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
  };
  const types = { config: 'application/vnd.cncf.flux.config.v1+json', layer: 'application/vnd.cncf.flux.content.v1.tar+gzip' };
  return artifact(types, config, layer, annotations(from));
}

/**
 * What `helm push` makes of a chart (helm pkg/registry/constants.go), with the annotations that Flux reads.
 * @throws HeadgateError CONTENT_REFUSED for a tag that reads as another version than the chart's
 */
export function chartArtifact(layer: Layer, metadata: ChartMetadata, tag: Publication['tag'], from: Origin): Artifact {
  const { name, version } = metadata;
  if (!tagFits(tag, version))
    throw new HeadgateError('CONTENT_REFUSED', `the chart ${name} has version ${version}, and would be published as ${tag}`, {
      hint: 'Flux refuses a chart whose tag reads as another version than its own. Publish it under a tag that is no version, such as `default`.',
    });
  const types = { config: 'application/vnd.cncf.helm.config.v1+json', layer: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' };
  const more = { 'org.opencontainers.image.title': name, 'org.opencontainers.image.version': version };
  return artifact(types, metadata, layer, { ...annotations(from), ...more });
}

function artifact(
  types: { readonly config: string; readonly layer: string },
  config: object,
  layer: Layer,
  said: Readonly<Record<string, string>>,
): Artifact {
  const configBlob = blobOf(Buffer.from(JSON.stringify(config)));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptor(types.config, configBlob),
    layers: [descriptor(types.layer, layer)],
    annotations: said,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { blobs: [configBlob, layer], manifest: { digest: digestOf(bytes), mediaType, bytes } };
}

function descriptor(mediaType: string, { digest, size }: Blob): object {
  return { mediaType, digest, size };
}

/** A function of the revision: the same layer under other annotations would be a new revision to Flux, and everything reconciled again. */
function annotations(from: Origin): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.created': created(from),
    'org.opencontainers.image.revision': from.origin,
    'org.opencontainers.image.source': from.url,
  };
}

/** RFC 3339 in UTC, by whole seconds: what people and Go's RFC3339 write. */
function created({ date }: Origin): string {
  return new Date(date).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
