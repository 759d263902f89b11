import type { Clock } from '#core/clock.ts';
import type { Reading } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { keptHeaders, requireJson } from '#core/inbound-headers.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { parsePayload } from '#core/payload.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { authenticate } from './authenticate.ts';
import { hintOf } from './hint.ts';
import { AnyPayload, PAYLOAD_VERSION, TRANSACTION, Transaction } from './payload.ts';
import type { HgWebhook } from './schema.ts';

/** Kept with the delivery: they tell which hook sent it. */
const keptNames = ['content-type', 'user-agent'] as const;

type RepositoryAt = SourceAdapter['repositoryAt'];

export interface HookReceiving {
  /** Undefined = the source takes no hooks. */
  readonly webhook: HgWebhook | undefined;
  readonly repositoryAt: RepositoryAt;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * What takes deliveries of `hooks/hg/headgate_hook.py` and `headgate-hook.sh`: the signature first, then what they say. Their id is that of
 * Mercurial's transaction, so that one push is one delivery, however many hooks tell of it and however often.
 *
 * The hook forgets what is answered by a 4xx other than 401, 403, 404, 408 and 429, and keeps the rest for later.
 * @param secrets those that are live now; asked for each delivery
 * @throws HeadgateError what `SourceAdapter.receive` throws, SIGNATURE_STALE, REPOSITORY_FOREIGN
 */
export function hookReceiver({ webhook, repositoryAt, clock }: HookReceiving, secrets: () => readonly Buffer[]): SourceAdapter['receive'] {
  if (webhook === undefined)
    return () => {
      throw new HeadgateError('WEBHOOK_UNCONFIGURED', 'this source takes no deliveries of hooks');
    };
  return function receive({ headers, body }) {
    const deliveryId = authenticate({ headers, body }, secrets(), clock.now());
    requireJson(headers, 'the hook sends application/json');
    const { event, reading } = read(body, repositoryAt);
    if ('foreign' in reading) throw new HeadgateError('REPOSITORY_FOREIGN', reading.foreign);
    return { deliveryId, event, headers: keptHeaders(headers, keptNames), reading };
  };
}

/** Reads a delivery whose signature is of no concern. @throws HeadgateError PAYLOAD_INVALID */
export function readHook(body: Uint8Array, repositoryAt: RepositoryAt): Reading {
  const { reading } = read(body, repositoryAt);
  return 'foreign' in reading ? { ignored: reading.foreign } : reading;
}

interface Read {
  readonly event: string;
  readonly reading: Reading | { readonly foreign: string };
}

function read(body: Uint8Array, repositoryAt: RepositoryAt): Read {
  const json = parseJson(body, limits.http.jsonDepth);
  const { v, type } = parsePayload(AnyPayload, 'a delivery of the hook', json);
  if (type !== TRANSACTION) return { event: type, reading: { ignored: `type ${type} tells of no transaction` } };
  if (v !== PAYLOAD_VERSION)
    return { event: type, reading: { ignored: `version ${v} of what the hook sends is not known here, only ${PAYLOAD_VERSION}` } };
  const transaction = parsePayload(Transaction, type, json);
  const repository = repositoryAt(transaction.repo);
  if (repository === undefined || repository.length > limits.hint.repositoryChars)
    return { event: type, reading: { foreign: foreignBase } };
  return { event: type, reading: { hint: hintOf(repository, transaction) } };
}

const foreignBase = 'the URL of the repository lies neither below `url` nor below an alias of this source';
