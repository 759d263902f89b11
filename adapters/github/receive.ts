import type { Reading, Received } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';
import { parseRef } from '#core/refs.ts';
import { hintOf } from './hint.ts';
import { Push } from './payload.ts';
import { verifySignature, type Secret } from './signature.ts';

/** Kept with the delivery: they tell which hook sent it, and a replay needs the first two to read the body again. */
const keptNames = [
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

type Headers = InboundRequest['headers'];

/**
 * Authenticates a GitHub delivery under one of the live secrets, then reads it
 * (docs.github.com "Validating webhook deliveries", "Webhook events and payloads").
 * @param secrets the secrets that are live now; more than one while they are rotated
 * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, HEADER_INVALID, CONTENT_TYPE_UNSUPPORTED, PAYLOAD_INVALID
 */
export function receive({ headers, body }: InboundRequest, secrets: readonly Secret[]): Received {
  verifySignature(single(headers, 'x-hub-signature-256'), body, secrets);
  const event = required(headers, 'x-github-event', /^[a-z0-9_]{1,64}$/);
  const deliveryId = required(headers, 'x-github-delivery', deliveryIdForm);
  const payload = payloadOf(single(headers, 'content-type'), body);
  return { deliveryId, event, headers: keptHeaders(headers), reading: read(event, payload) };
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
  const parsed = Push.safeParse(json);
  if (!parsed.success) throw new HeadgateError('PAYLOAD_INVALID', `not a push: ${fieldsOf(parsed.error.issues)}`);
  const kind = parseRef(parsed.data.ref)?.kind;
  return kind === 'branch' || kind === 'tag'
    ? { hint: hintOf(parsed.data) }
    : { ignored: `${parsed.data.ref} is neither a branch nor a tag` };
}

/** Names the fields, never their values. */
function fieldsOf(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  return issues.map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')} does not fit` : issue.message)).join(', ');
}

/** GitHub sends JSON as it is, or as the one field `payload` of a form: the web form's default. */
function payloadOf(contentType: string | undefined, body: Uint8Array): Uint8Array {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
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

function required(headers: Headers, name: string, form: RegExp): string {
  const value = single(headers, name);
  if (value === undefined) throw new HeadgateError('HEADER_INVALID', `no ${name} header`);
  if (!form.test(value)) throw new HeadgateError('HEADER_INVALID', `malformed ${name} header`);
  return value;
}

/** A header sent twice could be read differently by a proxy and by us. */
function single(headers: Headers, name: string): string | undefined {
  const values = headers[name] ?? [];
  if (values.length > 1) throw new HeadgateError('HEADER_INVALID', `${name} is sent ${values.length} times`);
  return values[0];
}

/** The headers worth keeping with a delivery. */
export function keptHeaders(headers: Headers): Readonly<Record<string, string>> {
  const pairs = keptNames.flatMap((name) => {
    const [value, ...more] = headers[name] ?? [];
    return value === undefined || more.length > 0 || value.length > limits.hint.headerChars ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}
