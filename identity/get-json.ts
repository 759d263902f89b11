import { messageOf } from '#core/errors.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { boundedRequest, type BoundedRequest, type BoundedRequestOptions } from '#identity/bounded-request.ts';

/** A key set has a type of its own (RFC 7517 section 8.5.2), and API servers of Kubernetes answer 406 to whoever does not take it. */
const ACCEPT = 'application/json, application/jwk-set+json';

/** Fetches a JSON document. Rejects with an Error in a few words. */
export type GetJson = (url: string) => Promise<unknown>;

/** A GET with a deadline and a bounded answer, which must be 200: it follows no redirects. */
export function boundedGet(options: BoundedRequestOptions): GetJson {
  return getJsonBy(boundedRequest(options));
}

/** The same over requests that are bounded already. */
export function getJsonBy(send: BoundedRequest): GetJson {
  return async (url) => {
    const { status, body } = await send(url, { method: 'GET', headers: { accept: ACCEPT } });
    if (status !== 200)
      throw new Error(`${url}: ${status >= 300 && status < 400 ? 'redirects, which is not followed' : `answers ${status}`}`);
    try {
      return parseJson(body, limits.identity.documentDepth);
    } catch (cause) {
      throw new Error(`${url}: ${messageOf(cause)}`, { cause });
    }
  };
}
