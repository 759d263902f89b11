import { HOOK_ID, type HookDelivery, type Webhook } from '#sandbox/github/webhook.ts';

/** `hook` and `org-hook`; the secret is never shown. @param owner URL of whose it is */
export function hookAnswer(webhook: Webhook, owner: string, type: string): object {
  const url = `${owner}/hooks/${HOOK_ID}`;
  const last = webhook.deliveries.at(-1);
  return {
    type,
    id: HOOK_ID,
    name: 'web',
    active: true,
    events: ['push'],
    config: hookConfig(webhook),
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response: { code: last?.status ?? null, status: last === undefined ? 'unused' : 'active', message: last?.answer ?? null },
  };
}

/** How it is sent; the secret is never shown. */
export function hookConfig({ target }: Webhook): object {
  return { content_type: 'json', insecure_ssl: '0', url: target?.url ?? '', secret: '********' };
}

/** `hook-delivery-item`. */
export function deliveryItem(delivery: HookDelivery): object {
  const { number, id, at, redelivery, duration, status, event, repositoryId } = delivery;
  return {
    id: number,
    guid: id,
    delivered_at: new Date(at).toISOString(),
    redelivery,
    duration: duration / 1_000,
    status: statusOf(delivery),
    status_code: status ?? 0,
    event,
    action: null,
    installation_id: null,
    repository_id: repositoryId,
    throttled_at: null,
  };
}

/** `hook-delivery`: with everything that was sent and answered. The payload is parsed: its exact bytes are not kept at GitHub. */
export function deliveryAnswer(delivery: HookDelivery): object {
  const payload: unknown = JSON.parse(delivery.body);
  const headers = Object.entries(delivery.headers).map(([name, value]): [string, string] => [titled(name), value]);
  return {
    ...deliveryItem(delivery),
    url: delivery.url,
    request: { headers: Object.fromEntries(headers), payload },
    response: { headers: delivery.status === null ? null : {}, payload: delivery.status === null ? null : delivery.answer },
  };
}

function statusOf({ status, answer }: HookDelivery): string {
  if (status === null) return answer === 'no answer in time' ? 'timed out' : 'failed to connect to host';
  return status >= 200 && status < 300 ? 'OK' : `Invalid HTTP Response: ${status}`;
}

const TITLES = new Map([
  ['content-type', 'content-type'],
  ['x-github-hook-id', 'X-GitHub-Hook-ID'],
  ['x-github-hook-installation-target-id', 'X-GitHub-Hook-Installation-Target-ID'],
]);

/** As GitHub writes the names of the headers that it sent: `X-GitHub-Delivery`. */
function titled(name: string): string {
  const words = name.split('-').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  return TITLES.get(name) ?? words.join('-').replace('Github', 'GitHub');
}
