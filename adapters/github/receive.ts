import type { Reading, Received } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { keptHeaders, mediaTypeOf, singleHeader, wellFormedHeader } from '#core/inbound-headers.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { parsePayload } from '#core/payload.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';
import { parseRef } from '#core/refs.ts';
import { hintOf } from './hint.ts';
import { Push } from './payload.ts';
import { verifySignature, type Secret } from './signature.ts';

/** Kept with the delivery: they tell which hook sent it, and a replay needs the first two to read the body again. */
export const keptNames = [
  'x-github-event',
  'content-type',
  'x-github-delivery',
  'x-github-hook-id',
  'x-github-hook-installation-target-id',
  'x-github-hook-installation-target-type',
  'x-github-enterprise-host',
  'x-github-enterprise-version',
  'user-agent',
] as const;

/**
 * Authenticates a GitHub delivery under one of the live secrets, then reads it
 * (docs.github.com "Validating webhook deliveries", "Webhook events and payloads").
 * @param secrets the secrets that are live now; more than one while they are rotated
 * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, HEADER_INVALID, CONTENT_TYPE_UNSUPPORTED, PAYLOAD_INVALID
 */
export function receive({ headers, body }: InboundRequest, secrets: readonly Secret[]): Received {
  verifySignature(singleHeader(headers, 'x-hub-signature-256'), body, secrets);
  const event = wellFormedHeader(headers, 'x-github-event', /^[a-z0-9_]{1,64}$/);
  const deliveryId = wellFormedHeader(headers, 'x-github-delivery', deliveryIdForm);
  const payload = payloadOf(singleHeader(headers, 'content-type'), body);
  return { deliveryId, event, headers: keptHeaders(headers, keptNames), reading: read(event, payload) };
}

/** Reads an event whose signature is of no concern. @throws HeadgateError CONTENT_TYPE_UNSUPPORTED, PAYLOAD_INVALID */
export function readEvent(event: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Reading {
  return read(event, payloadOf(headers['content-type'] ?? 'application/json', body));
}

const deliveryIdForm = new RegExp(`^[A-Za-z0-9._:-]{1,${limits.hint.deliveryIdChars}}$`);

function read(event: string, payload: Uint8Array): Reading {
  const json = parseJson(payload, limits.http.jsonDepth);
  if (event === 'ping') return { ignored: 'ping: GitHub checks that the webhook arrives' };
  if (event !== 'push') return { ignored: `event ${event} moves no branch or tag` };
  const push = parsePayload(Push, 'a push', json);
  const kind = parseRef(push.ref)?.kind;
  return kind === 'branch' || kind === 'tag' ? { hint: hintOf(push) } : { ignored: `${push.ref} is neither a branch nor a tag` };
}

/** GitHub sends JSON as it is, or as the one field `payload` of a form: the web form's default. */
function payloadOf(contentType: string | undefined, body: Uint8Array): Uint8Array {
  const type = mediaTypeOf(contentType);
  if (type === 'application/json') return body;
  if (type === 'application/x-www-form-urlencoded') return formPayload(body);
  throw new HeadgateError(
    'CONTENT_TYPE_UNSUPPORTED',
    'GitHub sends application/json, or application/x-www-form-urlencoded with a payload field',
  );
}

function formPayload(body: Uint8Array): Uint8Array {
  const fields = new URLSearchParams(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')).getAll('payload');
  const [payload, ...more] = fields;
  if (payload === undefined || more.length > 0) throw new HeadgateError('PAYLOAD_INVALID', 'the form needs one payload field');
  return Buffer.from(payload, 'utf8');
}
