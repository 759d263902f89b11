import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Manifest } from '../artifact.ts';
import { digestOf, type Blob } from '../blob.ts';
import type { RegistryAccess } from './registry-access.ts';
import { codesIn, describe, refused, unreachable } from './registry-failure.ts';
import { Session } from './session.ts';
import { hasBlob, tryUpload, uploadBlob } from './upload-blob.ts';
import type { Answer } from './wire.ts';

/** Of whatever a tag may be at. */
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/**
 * One repository of one registry, by HTTP (OCI distribution-spec 1.1). Rejects with REGISTRY_UNREACHABLE (no answer, 429, 5xx: after some attempts) and
 * REGISTRY_REFUSED (credentials, rights, a registry that takes nothing); what a signal ends rejects with the signal's reason.
 */
export class RegistryClient {
  readonly #session: Session;

  /** @param repository below the host, without slashes at its ends */
  constructor(
    access: RegistryAccess,
    repository: string,
    world: { readonly clock: Clock; readonly env: Readonly<Record<string, string | undefined>> },
  ) {
    this.#session = new Session(access, repository, world);
  }

  /** Digest of the manifest that a tag is at, or a digest leads to; null when there is none. */
  async digestAt(reference: string, signal?: AbortSignal): Promise<string | null> {
    const head = await this.#manifest('HEAD', reference, signal);
    if (head === null) return null;
    const said = head.headers.get('docker-content-digest') ?? '';
    if (/^sha256:[0-9a-f]{64}$/.test(said)) return said;
    const whole = await this.#manifest('GET', reference, signal);
    return whole && digestOf(whole.body);
  }

  /** Brings a blob up unless it is there. @param from a repository of the same registry that has it */
  async pushBlob(blob: Blob, from: string | undefined, signal?: AbortSignal): Promise<void> {
    if (!(await hasBlob(this.#session, blob, signal))) await uploadBlob(this.#session, blob, from, signal);
  }

  /** Asks whether something may be pushed, and pushes nothing. */
  tryPush(signal?: AbortSignal): Promise<void> {
    return tryUpload(this.#session, signal);
  }

  /**
   * Puts a manifest under its digest, or a tag at it. Its blobs have to be there: that one is missing is tried again, because docker-registry's files are
   * written in place, and while another one brings the same blob up it is not found (distribution/distribution#4489, empty link files).
   */
  async putManifest(manifest: Manifest, reference: string, signal?: AbortSignal): Promise<void> {
    const { host } = this.#session;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#put(manifest, reference, signal);
      if (answer.status === 201) return requireKept(host, answer, manifest, reference);
      const failure = refused(host, `answers ${describe(answer)} to the manifest ${reference}`);
      if (!codesIn(answer).includes('MANIFEST_BLOB_UNKNOWN') || attempt + 1 >= limits.registry.attempts) throw failure;
      await this.#session.rest(attempt, failure, signal);
    }
  }

  #put({ mediaType, bytes }: Manifest, reference: string, signal?: AbortSignal): Promise<Answer> {
    async function* open(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(bytes);
    }
    return this.#session.ask({
      method: 'PUT',
      at: `manifests/${reference}`,
      headers: { 'content-type': mediaType },
      body: { size: bytes.length, open },
      again: true,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #manifest(method: 'GET' | 'HEAD', reference: string, signal?: AbortSignal): Promise<Answer | null> {
    const answer = await this.#session.ask({
      method,
      at: `manifests/${reference}`,
      headers: { accept: manifestTypes },
      answerBytes: limits.registry.manifestBytes,
      again: true,
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.status === 404) return null;
    if (answer.status === 200) return answer;
    throw refused(this.#session.host, `answers ${describe(answer)} when it is asked for ${reference}`);
  }
}

function requireKept(host: string, { headers }: Answer, { digest }: Manifest, reference: string): void {
  const kept = headers.get('docker-content-digest') ?? digest;
  if (kept !== digest) throw unreachable(host, new Error(`keeps ${kept.slice(0, 80)} as ${reference}, and not ${digest}`));
}
