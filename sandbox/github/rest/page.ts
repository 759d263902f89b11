import { limits } from '#core/limits.ts';
import { ok, type Answer } from '#sandbox/github/rest/answer.ts';

/** One page of a list, counted from 1. */
export interface Page {
  readonly number: number;
  readonly size: number;
}

/** What the `page` and `per_page` of a request mean; nonsense counts as absent, as at GitHub. */
export function pageOf(
  query: URLSearchParams,
  size: number = limits.sandbox.rest.pageSize,
  most: number = limits.sandbox.rest.pageMost,
): Page {
  return { number: wholeNumber(query.get('page')) ?? 1, size: Math.min(wholeNumber(query.get('per_page')) ?? size, most) };
}

export function slice<T>(items: readonly T[], { number, size }: Page): readonly T[] {
  return items.slice((number - 1) * size, number * size);
}

/** A list cut to the page that was asked for. @param body puts the items into the answer's shape */
export function paged<T>(url: URL, items: readonly T[], body: (items: readonly T[]) => unknown): Answer {
  const page = pageOf(url.searchParams);
  return ok(body(slice(items, page)), linkHeader(url, page, items.length));
}

/** The `Link` header (docs.github.com "Using pagination in the REST API"); none when one page holds everything. */
export function linkHeader(url: URL, { number, size }: Page, total: number): Readonly<Record<string, string>> {
  const last = Math.max(1, Math.ceil(total / size));
  const links = [
    ...(number > 1 ? [link(url, 'prev', { page: number - 1 })] : []),
    ...(number < last ? [link(url, 'next', { page: number + 1 }), link(url, 'last', { page: last })] : []),
    ...(number > 1 ? [link(url, 'first', { page: 1 })] : []),
  ];
  return links.length === 0 ? {} : { link: links.join(', ') };
}

/** One entry of a `Link` header: the URL with some parameters replaced. */
export function link(url: URL, relation: string, replaced: Readonly<Record<string, string | number>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(replaced)) target.searchParams.set(name, String(value));
  return `<${target.href}>; rel="${relation}"`;
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
