import { limits } from '#core/limits.ts';

/**
 * Where somebody wanted to go who had to log in first: one of our own pages, else the overview. Judged after browsers' own reading of it,
 * for which `/\evil`, `//evil` and `/.//evil` all lead to another host.
 */
export function returnPath(asked: string | undefined): string {
  if (asked === undefined || asked.length > limits.login.returnChars || !/^\/[\x21-\x7e]*$/.test(asked)) return '/';
  const own = 'http://headgate.invalid';
  const url = URL.parse(asked, own);
  if (url === null || url.origin !== own || url.pathname.startsWith('//') || /\\|%5c/i.test(asked)) return '/';
  if (/^\/(?:login|logout|v1|assets)(?:\/|$)/.test(url.pathname)) return '/';
  url.searchParams.delete('watch');
  return `${url.pathname}${url.search}`;
}
