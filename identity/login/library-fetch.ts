import type { CustomFetch } from 'openid-client';
import type { BoundedRequest } from '#identity/bounded-request.ts';

/** Has openid-client ask by bounded requests: with a deadline, no redirects, and no private addresses where none are meant. */
export function libraryFetch(send: BoundedRequest): CustomFetch {
  return async (url, { method, headers, body }) => {
    if (method !== 'GET' && method !== 'POST') throw new Error(`${method} is not sent`);
    const form = body instanceof URLSearchParams ? body.toString() : body;
    if (form !== undefined && form !== null && typeof form !== 'string') throw new Error('only forms are sent');
    const answer = await send(url, { method, headers, ...(form ? { body: form } : {}) });
    const isEmpty = [204, 304].includes(answer.status) || answer.body.length === 0;
    return new Response(isEmpty ? null : new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  };
}
