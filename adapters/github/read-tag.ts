import { fullCommitId } from '#core/commit-id.ts';
import { confirmSigned } from '#core/signed-object.ts';
import type { SignedObject } from '#core/signature.ts';
import { TagSignature } from './api-answers.ts';
import type { ApiCall } from './api-call.ts';

/**
 * What an annotated tag carries as its signature; null when GitHub says that it carries none. Undefined when GitHub knows no such tag,
 * or what it hands out is not certain to be this tag's.
 */
export async function readTag(call: ApiCall, object: string): Promise<SignedObject | null | undefined> {
  if (!fullCommitId.test(object)) return undefined;
  const found = await call.find(TagSignature, '/git/tags/{tag_sha}', { tag_sha: object });
  if ('missing' in found) return found.missing.status === 404 ? undefined : call.refuse(found.missing);
  const { signature, payload } = found.data.verification ?? {};
  if (signature === undefined || payload === undefined) return undefined;
  if (signature === null || payload === null) return null;
  return confirmSigned('tag', object, payload, signature) ?? undefined;
}
