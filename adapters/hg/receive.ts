import { createHash } from 'node:crypto';
import { asserted } from '#core/asserted.ts';
import type { Clock } from '#core/clock.ts';
import type { Reading } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { keptHeaders, requireJson } from '#core/inbound-headers.ts';
import { limits } from '#core/limits.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Subject } from '#core/subject.ts';
import { byToken } from './authenticate.ts';
import type { HgWebhook } from './schema.ts';
import type { HgSender, Told } from './sender.ts';
import { sendersAmong } from './token-senders.ts';

type RepositoryAt = SourceAdapter['repositoryAt'];

export interface HgReceiving {
  readonly sender: HgSender;
  /** Undefined = the source takes no deliveries. */
  readonly webhook: HgWebhook | undefined;
  readonly repositoryAt: RepositoryAt;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * What takes deliveries: who sent them first, then what they say.
 * @param secrets those that are live now; asked for each delivery
 * @throws HeadgateError what `SourceAdapter.receive` throws, SIGNATURE_STALE, SENDER_UNKNOWN, REPOSITORY_FOREIGN
 */
export function hgReceiver(
  { sender, webhook, repositoryAt, clock }: HgReceiving,
  secrets: () => readonly Buffer[],
): SourceAdapter['receive'] {
  if (webhook === undefined)
    return () => {
      throw new HeadgateError('WEBHOOK_UNCONFIGURED', 'this source takes no deliveries');
    };
  const isSender = sendersAmong(webhook.tokens);
  return function receive(request) {
    const subject = request.sender;
    const { id, body } = subject ? byToken(request, subject, isSender) : sender.open(request, secrets(), clock.now());
    requireJson(request.headers, `${sender.name} sends application/json`);
    const told = sender.tells(body);
    const reading = readingOf(told, repositoryAt, subject);
    if ('foreign' in reading) throw new HeadgateError('REPOSITORY_FOREIGN', reading.foreign);
    const headers = keptHeaders(request.headers, sender.kept);
    const received = { deliveryId: id ?? digestOf(body), event: told.event, headers, reading };
    return body === request.body ? received : { ...received, body };
  };
}

/** Reads a delivery whose sender is of no concern. @throws HeadgateError PAYLOAD_INVALID */
export function readHg(sender: HgSender, body: Uint8Array, repositoryAt: RepositoryAt): Reading {
  const reading = readingOf(sender.tells(body), repositoryAt);
  return 'foreign' in reading ? { ignored: reading.foreign } : reading;
}

/** @param subject whose word it is, by a token; absent where a secret vouches for it */
function readingOf(told: Told, repositoryAt: RepositoryAt, subject?: Subject): Reading | { readonly foreign: string } {
  if ('ignored' in told) return { ignored: told.ignored };
  const repository = repositoryAt(told.url);
  if (repository === undefined || repository.length > limits.hint.repositoryChars) return { foreign: foreignBase };
  return { hint: { repository, ...(subject ? asserted(told.news, subject) : told.news) } };
}

const foreignBase = 'the URL of the repository lies neither below `url` nor below an alias of this source';

function digestOf(body: Uint8Array): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}
