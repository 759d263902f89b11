import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '#core/clock.ts';
import type { NewDelivery, Unrecorded } from '#core/delivery.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { singleHeader } from '#core/inbound-headers.ts';
import { newId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import type { DeliveryLog } from '#core/ports/journal.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import type { Subject } from '#core/subject.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import { bearerIn, type Tokens } from '#server/callers.ts';
import type { ClientAddress } from '#server/client-address.ts';
import { addressBlock } from '#server/intake/address-block.ts';
import type { Guards } from '#server/intake/guards.ts';
import { sendProblem, toShown } from '#server/problem.ts';
import { readBody } from '#server/read-body.ts';

export interface HooksDeps {
  /** By `spec.sources[].name`. */
  readonly sources: ReadonlyMap<string, SourceAdapter>;
  /** Resolves when the delivery is durable. As DeliveryLog.append. */
  readonly accept: DeliveryLog['append'];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'webhook'>;
  readonly clientAddress: ClientAddress;
  /** Verifies the tokens of senders that show one. Null without `spec.identity`. */
  readonly tokens: Pick<Tokens, 'verify'> | null;
  /** A delivery that was not known is durable now. */
  readonly onAccepted: (delivery: NewDelivery) => void;
  /** What deliveries told of is to be found in another way: one was refused for its size, which anybody can cause, or said that others are missing. */
  readonly onGap: (source: string, cause: string) => void;
  readonly guards: Guards;
  readonly maxBodyBytes?: number;
  readonly inFlightBytes?: number;
}

type Sender = Required<Pick<InboundRequest, 'remote'>> & { readonly pathSecret: string | undefined };

type Passed = Unrecorded & { readonly source: string; readonly remote: string };

interface Receipt {
  readonly delivery: NewDelivery;
  readonly id: string;
  readonly known: boolean;
}

/**
 * Answers a request to `/hooks/{source}`; without an adapter nothing of that name is configured.
 * @param pathSecret as in InboundRequest
 */
export type HooksHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  adapter: SourceAdapter | undefined,
  pathSecret?: string,
) => Promise<void>;

/** `/hooks/{source}`: authenticates, journals, and answers only when the delivery is durable. Hot path: no middleware before it. */
export function hooksHandler(deps: HooksDeps): HooksHandler {
  const budget = new ByteBudget(deps.inFlightBytes ?? limits.http.inFlightBytes);
  return async function hooks(request, response, adapter, pathSecret) {
    const start = deps.clock.monotonic();
    const remote = deps.clientAddress(request.socket.remoteAddress, request.headersDistinct['x-forwarded-for']);
    const count = (code: string): void => deps.metrics.webhook(adapter?.name ?? 'unknown', code, (deps.clock.monotonic() - start) / 1_000);
    try {
      const receipt = await take(deps, adapter, request, { remote, pathSecret }, budget);
      count('unrecorded' in receipt ? passed(deps, receipt, response) : accepted(deps, receipt, response));
    } catch (thrown) {
      const error = toShown(thrown);
      count(error.code);
      if (error.status === 429 || deps.guards.addresses.isExhausted(remote)) await deps.guards.hold();
      refused(deps, error, response, adapter, remote);
    }
  };
}

async function take(
  deps: HooksDeps,
  adapter: SourceAdapter | undefined,
  request: IncomingMessage,
  { remote, pathSecret }: Sender,
  budget: ByteBudget,
): Promise<Receipt | Passed> {
  const receivedAt = deps.clock.now();
  const { guards } = deps;
  guards.addresses.pass(remote);
  if (request.method !== 'POST') throw new HeadgateError('METHOD_NOT_ALLOWED', `${request.method} is not answered here`);
  if (!adapter) throw new HeadgateError('SOURCE_UNKNOWN', 'no source of that name is configured');
  guards.rates.expect(adapter.name);
  const sender = await senderOf(deps, adapter, request, remote);
  const held = budget.hold(sharesOf(adapter, remote));
  try {
    const body = await readBody(request, deps.maxBodyBytes ?? limits.http.bodyBytes, held);
    const headers = request.headersDistinct;
    const shown = { ...(pathSecret === undefined ? {} : { pathSecret }), ...(sender ? { sender } : {}) };
    const received = adapter.receive({ headers, body, remote, ...shown });
    guards.addresses.proven(remote);
    guards.rates.take(adapter.name);
    if ('unrecorded' in received) return { ...received, source: adapter.name, remote };
    const id = newId('dlv', deps.clock);
    const delivery: NewDelivery = { id, source: adapter.name, kind: 'webhook', receivedAt, remote, body, ...received };
    return { delivery, ...(await append(deps, delivery)) };
  } finally {
    held.release();
  }
}

/** Nobody alone takes all that may be in flight: neither an address, whatever it names, nor all that name one source. */
function sharesOf({ name }: SourceAdapter, remote: string): Readonly<Record<string, number>> {
  const { sourceBytes, addressBytes } = limits.intake;
  return { [`source ${name}`]: sourceBytes, [`address ${addressBlock(remote)}`]: addressBytes };
}

/**
 * Whoever shows a token of an issuer, where the source takes such senders. One token may bring several deliveries: their ids tell them apart.
 * @throws HeadgateError UNAUTHENTICATED and what else `Tokens.verify` throws, HEADER_INVALID
 */
async function senderOf(
  { tokens }: HooksDeps,
  { isSender }: SourceAdapter,
  { headersDistinct }: IncomingMessage,
  remote: string,
): Promise<Subject | undefined> {
  const authorization = isSender && singleHeader(headersDistinct, 'authorization');
  const compact = authorization && bearerIn(authorization);
  if (!compact) return undefined;
  if (!tokens) throw new HeadgateError('UNAUTHENTICATED', 'no issuer is configured whose tokens are believed');
  return (await tokens.verify(compact, remote)).subject;
}

/** Whatever keeps a delivery from being durable is the same to the sender: not accepted, send it again. */
async function append({ accept }: HooksDeps, delivery: NewDelivery): Promise<{ readonly id: string; readonly known: boolean }> {
  try {
    return await accept(delivery);
  } catch (cause) {
    if (cause instanceof HeadgateError && cause.status === 503) throw cause;
    throw new HeadgateError('JOURNAL_UNAVAILABLE', `the delivery could not be stored: ${messageOf(cause)}`, { cause });
  }
}

function accepted(deps: HooksDeps, { delivery, id, known }: Receipt, response: ServerResponse): string {
  sendJson(response, known ? 200 : 202, { delivery: id });
  const { source, deliveryId, event, reading, remote } = delivery;
  const fields = { source, delivery: id, deliveryId, event, remote };
  if (known) {
    deps.log.info('delivery is known already', fields);
    return 'known';
  }
  deps.onAccepted(delivery);
  if ('ignored' in reading) {
    deps.log.debug('delivery recorded and ignored', { ...fields, reason: reading.ignored });
    return 'ignored';
  }
  const { repository, ref, commit } = reading.hint;
  deps.log.info('delivery accepted', { ...fields, repository, ref, revision: commit });
  return 'accepted';
}

/** The 200 of what is not worth a row: the sender has nothing to do about it. */
function passed(deps: HooksDeps, { source, remote, unrecorded, gap }: Passed, response: ServerResponse): string {
  sendJson(response, 200, { delivery: null, ignored: unrecorded });
  deps.log.debug('delivery not recorded', { source, remote, reason: unrecorded });
  if (gap) deps.onGap(source, unrecorded);
  return 'unrecorded';
}

/** Neither logs nor answers with the path: it may hold a secret. */
function refused(
  deps: HooksDeps,
  error: HeadgateError,
  response: ServerResponse,
  adapter: SourceAdapter | undefined,
  remote: string,
): void {
  const { guards, onGap } = deps;
  guards.addresses.refused(remote, error.code);
  if (error.code === 'INTERNAL') deps.log.error('delivery failed by a defect', { source: adapter?.name, remote, error: error.cause });
  else guards.refusals.refused(adapter?.name, error, { remote });
  const challenge = error.status === 401 ? adapter?.challenge : undefined;
  sendProblem(response, error, {}, challenge === undefined ? {} : { 'www-authenticate': challenge });
  if (!adapter) return;
  if (error.code === 'BODY_TOO_LARGE') onGap(adapter.name, 'a delivery was too large to be taken');
  if (error.code === 'DELIVERIES_LIMITED') guards.lookLater(adapter.name, () => onGap(adapter.name, 'more deliveries came than are taken'));
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  const body = JSON.stringify(json);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}
