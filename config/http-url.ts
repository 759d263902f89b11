import { z } from 'zod';

/** The address of something that speaks HTTP, without credentials, query and fragment; given out without a slash at its end. */
export const baseUrl = z.string().transform((text, context): string => {
  const url = URL.parse(text);
  if (url !== null && isPlain(url, text)) return url.href.replace(/\/+$/, '');
  const hint = 'an address such as https://headgate.example.com, without credentials, query or fragment';
  context.addIssue({ code: 'custom', message: `cannot be \`${text}\``, params: { hint } });
  return z.NEVER;
});

function isPlain(url: URL, text: string): boolean {
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  return web && url.username === '' && url.password === '' && !/[?#]/.test(text);
}
