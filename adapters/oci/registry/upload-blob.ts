import { limits } from '#core/limits.ts';
import type { Blob } from '../blob.ts';
import { codesIn, describe, refused, unreachable } from './registry-failure.ts';
import { isUnreachable, type Session } from './session.ts';
import type { Answer } from './wire.ts';

/**
 * Brings a blob up (OCI distribution-spec, "Pushing blobs"): in one request when it is small, in pieces when it is not. A piece that broke off is gone on with
 * from where the registry says that it is; where that cannot be said, the upload begins anew.
 * @param from a repository of the same registry that has the blob: it may be taken from there
 * @throws HeadgateError REGISTRY_UNREACHABLE, REGISTRY_REFUSED
 */
export async function uploadBlob(session: Session, blob: Blob, from: string | undefined, signal?: AbortSignal): Promise<void> {
  const budget = { left: limits.registry.attempts };
  for (let attempt = 0; ; attempt++) {
    try {
      // The answer to the last request of an upload may have been lost, and the upload not.
      if (attempt > 0 && (await hasBlob(session, blob, signal))) return;
      return await upload(session, blob, attempt === 0 ? from : undefined, budget, signal);
    } catch (error) {
      budget.left -= 1;
      if (!isUnreachable(error) || budget.left <= 0) throw error;
      await session.rest(attempt, error, signal);
    }
  }
}

/**
 * Begins an upload and gives it up: what shows whether pushing is allowed, and leaves nothing.
 * @throws HeadgateError REGISTRY_UNREACHABLE, REGISTRY_REFUSED
 */
export async function tryUpload(session: Session, signal?: AbortSignal): Promise<void> {
  const begun = await session.ask({ method: 'POST', at: 'blobs/uploads/', again: true, ...optional(signal) });
  if (begun.status !== 202) throw refused(session.host, `answers ${describe(begun)} when an upload begins`);
  // Where a registry knows no giving up, the upload runs out by itself: its answer does not count.
  await session.ask({ method: 'DELETE', at: session.location(begun), again: false, ...optional(signal) });
}

/** Whether the repository has a blob. A registry that answers with an address elsewhere does not count: nothing is fetched there. */
export async function hasBlob(session: Session, { digest }: Blob, signal?: AbortSignal): Promise<boolean> {
  const answer = await session.ask({ method: 'HEAD', at: `blobs/${digest}`, again: true, ...optional(signal) });
  if (answer.status === 200) return true;
  if (answer.status === 404 || (answer.status >= 300 && answer.status < 400)) return false;
  throw refused(session.host, `answers ${describe(answer)} when it is asked for a blob`);
}

interface Budget {
  left: number;
}

async function upload(session: Session, blob: Blob, from: string | undefined, budget: Budget, signal?: AbortSignal): Promise<void> {
  if (from !== undefined && (await mounted(session, blob, from, signal))) return;
  const begun = await session.ask({ method: 'POST', at: 'blobs/uploads/', again: true, ...optional(signal) });
  if (begun.status !== 202) throw refused(session.host, `answers ${describe(begun)} when an upload begins`);
  const chunk = chunkBytes(begun);
  const last = blob.size <= chunk ? 0 : blob.size;
  const at = last === 0 ? session.location(begun) : await pieces(session, blob, begun, chunk, budget, signal);
  at.searchParams.set('digest', blob.digest);
  const ended = await session.ask({ method: 'PUT', at, again: false, ...part(blob, last, blob.size), ...optional(signal) });
  if (ended.status === 201) return;
  throw isBroken(ended) ? unreachable(session.host, new Error(`answers ${describe(ended)} when an upload ends`)) : failed(session, ended);
}

/** What it could be that a blob is not taken from another repository (rights, a registry without that) is no reason not to upload it. */
async function mounted(session: Session, { digest }: Blob, from: string, signal?: AbortSignal): Promise<boolean> {
  session.authorizer.alsoRead(from);
  const at = `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
  try {
    return (await session.ask({ method: 'POST', at, again: true, ...optional(signal) })).status === 201;
  } catch (error) {
    if (isUnreachable(error)) throw error;
    signal?.throwIfAborted();
    return false;
  }
}

/** @returns where the upload ends */
async function pieces(session: Session, blob: Blob, begun: Answer, chunk: number, budget: Budget, signal?: AbortSignal): Promise<URL> {
  let at = session.location(begun);
  for (let done = 0; done < blob.size; ) {
    const end = Math.min(done + chunk, blob.size);
    try {
      const headers = { 'content-range': `${done}-${end - 1}` };
      const answer = await session.ask({ method: 'PATCH', at, again: false, ...part(blob, done, end, headers), ...optional(signal) });
      if (answer.status === 202) [at, done] = [session.location(answer), end];
      else if (isBroken(answer)) throw unreachable(session.host, new Error(`answers ${describe(answer)} to a piece of an upload`));
      else throw failed(session, answer);
    } catch (error) {
      budget.left -= 1;
      if (!isUnreachable(error) || budget.left <= 0) throw error;
      await session.rest(0, error, signal);
      ({ at, done } = await resumed(session, at, signal));
    }
  }
  return at;
}

/** How far an upload has come ("Pushing a blob in chunks", status). @throws HeadgateError REGISTRY_UNREACHABLE when that cannot be told: it begins anew */
async function resumed(session: Session, at: URL, signal?: AbortSignal): Promise<{ at: URL; done: number }> {
  const answer = await session.ask({ method: 'GET', at, again: true, ...optional(signal) });
  const [, last] = /^(?:bytes=)?0-(\d{1,15})$/.exec(answer.headers.get('range') ?? '') ?? [];
  // `0-0` stands for nothing as well as for one byte.
  if (answer.status !== 204 || last === undefined || last === '0')
    throw unreachable(session.host, new Error(`answers ${describe(answer)} when it is asked how far an upload has come`));
  return { at: session.location(answer), done: Number(last) + 1 };
}

function part(blob: Blob, from: number, to: number, headers: Readonly<Record<string, string>> = {}) {
  return {
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: { size: to - from, open: () => blob.read(from, to - from) },
  };
}

/** An upload that the registry has lost, or that it has other bytes of: one that begins anew may end well. */
function isBroken(answer: Answer): boolean {
  return (
    answer.status === 416 || codesIn(answer).some((code) => ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID'].includes(code))
  );
}

function failed(session: Session, answer: Answer): Error {
  return refused(session.host, `answers ${describe(answer)} to an upload`);
}

/** `OCI-Chunk-Min-Length`: the registry takes no smaller pieces, the last one excepted. */
function chunkBytes({ headers }: Answer): number {
  const least = Number(headers.get('oci-chunk-min-length') ?? 0);
  const { chunkBytes: ours, chunkBytesMax } = limits.registry;
  return Number.isSafeInteger(least) ? Math.min(Math.max(ours, least), chunkBytesMax) : ours;
}

/** exactOptionalPropertyTypes: what is not there is not named. */
function optional(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
