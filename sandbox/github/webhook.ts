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
  /** Of this attempt; later ones have higher numbers. */
  readonly number: number;
  readonly redelivery: boolean;
  readonly event: string;
  /** What the event is about; null when it is about no repository. */
  readonly repositoryId: number | null;
  readonly organizationId: number | null;
  /** Where it was sent, and with which headers; their names are in lower case. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact bytes. */
  readonly body: string;
  /** Milliseconds since the epoch, when it was sent. */
  readonly at: number;
  /** Milliseconds until the answer. */
  readonly duration: number;
  /** HTTP status of the answer; null when there was none. */
  readonly status: number | null;
  /** The answer, or why there is none. */
  readonly answer: string;
}

type Message = Pick<HookDelivery, 'id' | 'event' | 'body' | 'redelivery' | 'repositoryId' | 'organizationId'>;

export const HOOK_ID = stableId('sandbox-hook');

/** An organisation's webhook: signs and sends; like GitHub's it never tries again by itself. */
export class Webhook {
  readonly #clock: Clock;
  readonly #deliveries: HookDelivery[] = [];
  readonly #listeners = new Set<(delivery: HookDelivery) => void>();
  #target: WebhookTarget | undefined;
  #lose = 0;
  #last = 0;

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
    const about = { repositoryId: idOf(payload, 'repository'), organizationId: idOf(payload, 'organization') };
    return this.#deliver(this.#target, { id: randomUUID(), event, body: JSON.stringify(payload), redelivery: false, ...about });
  }

  /** Sends an earlier message again, under its id. */
  async redeliver(id: string): Promise<HookDelivery> {
    const earlier = this.#deliveries.find((delivery) => delivery.id === id);
    if (earlier === undefined) throw new Error(`no delivery ${id} was ever made`);
    if (this.#target === undefined) throw new Error('no webhook is set up');
    return this.#deliver(this.#target, { ...earlier, redelivery: true });
  }

  async #deliver(target: WebhookTarget, message: Message): Promise<HookDelivery> {
    const { id, event, body, redelivery, repositoryId, organizationId } = message;
    const [at, begun] = [this.#clock.now(), this.#clock.monotonic()];
    const headers = headersOf(target, id, event, body);
    const result = this.#isLost() ? { status: null, answer: 'lost on the way' } : await this.#post(target, headers, body);
    this.#last += 1;
    const sent = { number: this.#last, url: target.url, headers, at, duration: this.#clock.monotonic() - begun, ...result };
    const delivery = { id, event, body, redelivery, repositoryId, organizationId, ...sent };
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

  async #post(
    target: WebhookTarget,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Pick<HookDelivery, 'status' | 'answer'>> {
    const late = new AbortController();
    const cancel = this.#clock.after(limits.sandbox.webhookTimeout, () => late.abort(new Error('no answer in time')));
    try {
      return await post(target.url, headers, body, late.signal);
    } catch (error) {
      return { status: null, answer: messageOf(late.signal.aborted ? late.signal.reason : error) };
    } finally {
      cancel();
    }
  }
}

/** The id of what a payload is about. */
function idOf(payload: object, field: 'repository' | 'organization'): number | null {
  const about: unknown = Object.entries(payload).find(([name]) => name === field)?.[1];
  return typeof about === 'object' && about !== null && 'id' in about && typeof about.id === 'number' ? about.id : null;
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
