import { RestError, ok, type Answer } from '#sandbox/github/rest/answer.ts';
import { link, pageOf } from '#sandbox/github/rest/page.ts';
import type { HookDelivery } from '#sandbox/github/webhook.ts';

const CURSOR = /^v1_(\d{1,15})$/;

/** One page of deliveries, newest first; `cursor` names the delivery that it begins with, and the `Link` header those of its neighbours. */
export function hookPage(url: URL, all: readonly HookDelivery[], item: (delivery: HookDelivery) => object): Answer {
  const wanted = all.filter(fits(url.searchParams.get('status')));
  const { size } = pageOf(url.searchParams);
  const begin = beginning(url.searchParams.get('cursor'), wanted);
  const next = wanted[begin + size];
  const before = wanted[Math.max(0, begin - size)];
  const links = [
    ...(next === undefined ? [] : [link(url, 'next', { cursor: `v1_${next.number}` })]),
    ...(begin === 0 || before === undefined ? [] : [link(url, 'prev', { cursor: `v1_${before.number}` })]),
  ];
  return ok(wanted.slice(begin, begin + size).map(item), links.length === 0 ? {} : { link: links.join(', ') });
}

/** Newer deliveries do not move a page: the cursor counts from the delivery, not from the top. */
function beginning(cursor: string | null, deliveries: readonly HookDelivery[]): number {
  if (cursor === null) return 0;
  const [, number] = CURSOR.exec(cursor) ?? [];
  if (number === undefined) throw new RestError(422, 'Invalid cursor');
  const index = deliveries.findIndex((delivery) => delivery.number <= Number(number));
  return index < 0 ? deliveries.length : index;
}

function fits(status: string | null): (delivery: HookDelivery) => boolean {
  if (status === null) return () => true;
  return (delivery) => isSuccess(delivery) === (status === 'success');
}

function isSuccess({ status }: HookDelivery): boolean {
  return status !== null && status >= 200 && status < 400;
}
