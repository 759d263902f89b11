import { randomUUID } from 'node:crypto';
import { sha256, type Repository } from './repository.ts';
import type { RegistryState, Said, SeenRequest } from './said.ts';

export interface ReadRequest extends SeenRequest {
  readonly body: Buffer;
}

/** An error as the specification writes it. */
export function refusal(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Said {
  return { status, headers, body: JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }) };
}

/** Answers what the specification calls end-1 to end-11, as far as it takes to push and pull. */
export function answerRequest(registry: RegistryState, request: ReadRequest, origin: string): Said {
  const { pathname, searchParams } = new URL(request.path, 'http://registry');
  const [, name, what, rest = ''] = /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs)\/(.*)$/.exec(pathname) ?? [];
  if (name === undefined) return refusal(404, 'NAME_UNKNOWN');
  if (registry.readOnly && !['GET', 'HEAD'].includes(request.method)) return refusal(405, 'UNSUPPORTED');
  const repository = registry.repository(name);
  if (what === 'manifests') return manifests(repository, request, rest);
  if (what === 'blobs') return blob(repository.blobs.get(rest));
  const where = (id: string): string => `${origin}/v2/${name}/blobs/uploads/${id}?_state=s%2Fx`;
  return rest === ''
    ? begin(registry, repository, searchParams, where)
    : upload(repository, request, rest, searchParams.get('digest'), where);
}

function manifests(repository: Repository, { method, headers, body }: ReadRequest, reference: string): Said {
  if (method === 'PUT') {
    const digest = repository.put(reference, { type: headers['content-type'] ?? '', bytes: body });
    if (digest === undefined) return refusal(404, 'MANIFEST_BLOB_UNKNOWN');
    if (reference.startsWith('sha256:') && reference !== digest) return refusal(400, 'DIGEST_INVALID');
    return { status: 201, headers: { 'docker-content-digest': digest } };
  }
  const found = repository.manifest(reference);
  if (found === undefined) return refusal(404, 'MANIFEST_UNKNOWN');
  return { status: 200, headers: { 'content-type': found.type, 'docker-content-digest': sha256(found.bytes) }, body: found.bytes };
}

function blob(bytes: Buffer | undefined): Said {
  return bytes === undefined ? refusal(404, 'BLOB_UNKNOWN') : { status: 200, body: bytes };
}

function begin(registry: RegistryState, repository: Repository, query: URLSearchParams, where: (id: string) => string): Said {
  const digest = query.get('mount') ?? '';
  const elsewhere = registry.repositories.get(query.get('from') ?? '')?.blobs.get(digest);
  if (elsewhere !== undefined) {
    repository.blobs.set(digest, elsewhere);
    return { status: 201, headers: { 'docker-content-digest': digest } };
  }
  const id = randomUUID();
  repository.uploads.set(id, Buffer.alloc(0));
  return { status: 202, headers: { location: where(id), range: '0-0' } };
}

function upload(
  repository: Repository,
  { method, headers, body }: ReadRequest,
  id: string,
  digest: string | null,
  where: (id: string) => string,
): Said {
  const before = repository.uploads.get(id);
  if (before === undefined) return refusal(404, 'BLOB_UPLOAD_UNKNOWN');
  if (method === 'DELETE') {
    repository.uploads.delete(id);
    return { status: 204 };
  }
  const arrived = method === 'GET' ? before : Buffer.concat([before, body]);
  const range = `0-${Math.max(0, arrived.length - 1)}`;
  const go = { location: where(id), range };
  if (method === 'GET') return { status: 204, headers: go };
  const [from, to] = headers['content-range']?.split('-').map(Number) ?? [before.length, before.length + body.length - 1];
  if (from !== before.length || to !== arrived.length - 1) return refusal(416, 'BLOB_UPLOAD_INVALID', go);
  if (method === 'PATCH') {
    repository.uploads.set(id, arrived);
    return { status: 202, headers: go };
  }
  repository.uploads.delete(id);
  if (digest !== sha256(arrived)) return refusal(400, 'DIGEST_INVALID');
  repository.blobs.set(digest, arrived);
  return { status: 201, headers: { 'docker-content-digest': digest } };
}
