import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { parsePayload } from '#core/payload.ts';
import { authenticate } from './authenticate.ts';
import { newsOf } from './hint.ts';
import { AnyPayload, PAYLOAD_VERSION, TRANSACTION, Transaction } from './payload.ts';
import type { HgSender, Told } from './sender.ts';

/**
 * `hooks/hg/headgate_hook.py` and `headgate-hook.sh`. Their id is that of Mercurial's transaction, so that one push is one delivery, however many
 * hooks tell of it and however often.
 *
 * The hook forgets what is answered by a 4xx other than 401, 403, 404, 408 and 429, and keeps the rest for later.
 */
export const hookSender: HgSender = {
  name: 'the hook',
  kept: ['content-type', 'user-agent'],
  open: (request, secrets, now) => ({ id: authenticate(request, secrets, now), body: request.body }),
  tells,
  authenticate: (request, secrets, now) => void authenticate(request, secrets, now),
};

function tells(body: Uint8Array): Told {
  const json = parseJson(body, limits.http.jsonDepth);
  const { v, type: event } = parsePayload(AnyPayload, 'a delivery of the hook', json);
  if (event !== TRANSACTION) return { event, ignored: `type ${event} tells of no transaction` };
  if (v !== PAYLOAD_VERSION) return { event, ignored: `version ${v} of what the hook sends is not known here, only ${PAYLOAD_VERSION}` };
  const transaction = parsePayload(Transaction, event, json);
  return { event, url: transaction.repo, news: newsOf(transaction) };
}
