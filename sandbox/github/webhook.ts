import { createHmac, randomUUID } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { stableId } from '#sandbox/github/account.ts';

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** One message and what became of it, as GitHub's page "Recent deliveries" shows it. */
export interface HookDelivery {
  /** `X-GitHub-Delivery`; a redelivery has the same. */
  readonly id: string;
  readonly event: string;
  /** The exact bytes. */
  readonly body: string;
  /** Milliseconds since the epoch, when it was sent. */
  readonly at: number;
  /** HTTP status of the answer; null when there was none. */
  readonly status: number | null;
  /** The answer, or why there is none. */
  readonly answer: string;
}

export const HOOK_ID = stableId('sandbox-hook');

/** An organisation's webhook: signs and sends; like GitHub's it never tries again by itself. */
export class Webhook {
  readonly #clock: Clock;
  readonly #deliveries: HookDelivery[] = [];
  readonly #listeners = new Set<(delivery: HookDelivery) => void>();
  #target: WebhookTarget | undefined;
  #lose = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Where messages go from now on; undefined = nowhere, and none is made. */
  set target(target: WebhookTarget | undefined) {
    this.#target = target;
  }

  get target(): WebhookTarget | undefined {
    return this.#target;
  }

  /** Oldest first. */
  get deliveries(): readonly HookDelivery[] {
    return this.#deliveries;
  }

  /** The next messages get lost on their way: noted here, never sent. */
  lose(count: number): void {
    this.#lose += count;
  }

  onDelivery(listener: (delivery: HookDelivery) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends one message; undefined when no webhook is set up. Never rejects: what went wrong is in the delivery. */
  async send(event: string, payload: object): Promise<HookDelivery | undefined> {
    if (this.#target === undefined) return undefined;
    return this.#deliver(this.#target, randomUUID(), event, JSON.stringify(payload));
  }

  /** Sends an earlier message again, under its id. */
  async redeliver(id: string): Promise<HookDelivery> {
    const earlier = this.#deliveries.find((delivery) => delivery.id === id);
    if (earlier === undefined) throw new Error(`no delivery ${id} was ever made`);
    if (this.#target === undefined) throw new Error('no webhook is set up');
    return this.#deliver(this.#target, id, earlier.event, earlier.body);
  }

  async #deliver(target: WebhookTarget, id: string, event: string, body: string): Promise<HookDelivery> {
    const at = this.#clock.now();
    const result = this.#isLost() ? { status: null, answer: 'lost on the way' } : await this.#post(target, id, event, body);
    const delivery = { id, event, body, at, ...result };
    this.#deliveries.push(delivery);
    if (this.#deliveries.length > limits.sandbox.remembered) this.#deliveries.shift();
    for (const listener of this.#listeners) listener(delivery);
    return delivery;
  }

  #isLost(): boolean {
    if (this.#lose === 0) return false;
    this.#lose -= 1;
    return true;
  }

  async #post(target: WebhookTarget, id: string, event: string, body: string): Promise<Pick<HookDelivery, 'status' | 'answer'>> {
    const late = new AbortController();
    const cancel = this.#clock.after(limits.sandbox.webhookTimeout, () => late.abort(new Error('no answer in time')));
    try {
      return await post(target.url, headersOf(target, id, event, body), body, late.signal);
    } catch (error) {
      return { status: null, answer: messageOf(late.signal.aborted ? late.signal.reason : error) };
    } finally {
      cancel();
    }
  }
}

function headersOf({ secret }: WebhookTarget, id: string, event: string, body: string): Readonly<Record<string, string>> {
  const sign = (algorithm: string): string => `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`;
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'GitHub-Hookshot/5a2b3c4',
    'x-github-delivery': id,
    'x-github-event': event,
    'x-github-hook-id': String(HOOK_ID),
    'x-github-hook-installation-target-id': String(stableId('acme')),
    'x-github-hook-installation-target-type': 'organization',
    'x-hub-signature': sign('sha1'),
    'x-hub-signature-256': sign('sha256'),
  };
}

function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly answer: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers, agent: false, signal }, (response) => {
      readAnswer(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > limits.sandbox.webhookAnswerBytes) break;
  }
  return text;
}
