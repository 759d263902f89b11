import { withinRanges } from '#config/network.ts';
import type { Received, Unrecorded } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { keptHeaders, requireJson } from '#core/inbound-headers.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';
import { authenticate } from './authenticate.ts';
import { droppedOutput, readEvent, receivedOf } from './read-event.ts';
import type { GerritWebhook } from './schema.ts';

/** Kept with the delivery: they tell which server sent it. */
const keptNames = ['content-type', 'x-origin-url', 'user-agent'] as const;

/**
 * What takes deliveries of the webhooks plugin: it checks where they come from, then the secret, and only then what they say.
 *
 * The plugin takes 200, 201, 202 and 204 for success. It sends again up to 30 times after a 5xx, each second, and up to five times after
 * anything else, a redirect and 429 included; then it forgets the event, and so it does when it restarts. So whatever is refused for good is
 * a 4xx, and whatever may be taken later a 503.
 * @param secrets those that are live now; asked for each delivery
 * @throws HeadgateError what `SourceAdapter.receive` throws
 */
export function webhookReceiver(webhook: GerritWebhook | undefined, secrets: () => readonly Buffer[]): SourceAdapter['receive'] {
  if (webhook === undefined)
    return () => {
      throw new HeadgateError('WEBHOOK_UNCONFIGURED', 'this source takes no webhooks');
    };
  const { networks } = webhook;
  const isAllowed = networks === undefined ? () => true : withinRanges(networks);
  return function receive(request) {
    if (!isAllowed(request.remote ?? ''))
      throw new HeadgateError('NETWORK_REFUSED', 'the sender is in none of the networks of this source');
    authenticate(request, secrets());
    requireJson(request.headers, 'Gerrit sends application/json');
    return receivedFrom(request);
  };
}

/** Of a busy server nearly all events are noise: one for each vote, comment and upload. `headgate listen` says `dropped-output`. */
function receivedFrom({ headers, body }: InboundRequest): Received | Unrecorded {
  const event = readEvent(body);
  if (event.kind === 'hint') return { ...receivedOf(event), headers: keptHeaders(headers, keptNames) };
  return event.kind === 'noise' ? { unrecorded: event.reason } : { unrecorded: droppedOutput, gap: true };
}
