import { z } from 'zod';
import { isLoopback } from '#config/network.ts';

/** The address of something that speaks HTTP, without credentials, query and fragment; given out without a slash at its end. */
export const baseUrl = z.string().transform((text, context): string => {
  const url = webUrl(text);
  if (url !== null && !/[?#]/.test(text)) return url.href.replace(/\/+$/, '');
  return refuse(text, context, 'an address such as https://headgate.example.com, without credentials, query or fragment');
});

/** The address of something that is told what not everybody needs to read: https, or http that does not leave the machine or the cluster. */
export const privateUrl = z.string().transform((text, context): string => {
  const url = webUrl(text);
  if (url === null || text.includes('#'))
    return refuse(text, context, 'an address such as https://hooks.example.com/headgate, without credentials or fragment');
  if (url.protocol === 'https:' || staysWithin(url.hostname)) return url.href;
  return refuse(text, context, 'https, because on its way anybody could read along');
});

function webUrl(text: string): URL | null {
  const url = URL.parse(text);
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return null;
  return url.username === '' && url.password === '' ? url : null;
}

/** Loopback, a name without a dot (of the same network), or one of a cluster's services. */
function staysWithin(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  return isLoopback(host) || /^[a-z0-9-]+$/.test(host) || /\.(?:svc|cluster\.local)$/.test(host);
}

function refuse(text: string, context: z.core.$RefinementCtx, hint: string): never {
  context.addIssue({ code: 'custom', message: `cannot be \`${text}\``, params: { hint } });
  return z.NEVER;
}
