import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** Where a listener binds. */
export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** `127.0.0.1:9292`, `[::1]:9292`, `localhost:9292`; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const [, v6, other, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = v6 ?? other;
  if (host === undefined || !(port <= 65_535)) return undefined;
  if (v6 !== undefined && isIP(v6) !== 6) return undefined;
  return { host, port };
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** A listener address in text. */
export const address = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : 'must be host:port in quotes') })
  .transform((text, context): Address => {
    const parsed = parseAddress(text);
    if (parsed !== undefined) return parsed;
    const hint = text.startsWith(':')
      ? `write 0.0.0.0${text} to listen on every interface`
      : 'host:port, for example 127.0.0.1:9292 or [::1]:9292';
    context.addIssue({ code: 'custom', message: `cannot be \`${text}\``, params: { hint } });
    return z.NEVER;
  });

/** A range of addresses. `0.0.0.0/0` and `::/0` are refused: whoever is trusted may name any client address. */
export const cidr = z.string().superRefine((text, context) => {
  const [ip = '', bits, ...rest] = text.split('/');
  const family = isIP(ip);
  const widest = family === 4 ? 32 : 128;
  const valid =
    family !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= widest));
  if (!valid)
    context.addIssue({ code: 'custom', message: `cannot be \`${text}\``, params: { hint: 'an address or a range such as 10.0.0.0/8' } });
});

/** Whether an address is in one of the ranges, each of them a `cidr`. What is no address is in none. */
export function withinRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [ip = '', bits] = range.split('/');
    const type = typeOf(isIP(ip));
    if (bits === undefined) list.addAddress(ip, type);
    else list.addSubnet(ip, Number(bits), type);
  }
  return (address) => isIP(address) !== 0 && list.check(address, typeOf(isIP(address)));
}

function typeOf(family: number): 'ipv4' | 'ipv6' {
  return family === 6 ? 'ipv6' : 'ipv4';
}

/** A host name without scheme and port. */
export const hostName = z.string().superRefine((text, context) => {
  const valid =
    text.length <= 253 && (isIP(text) !== 0 || /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/.test(text));
  if (!valid)
    context.addIssue({
      code: 'custom',
      message: `cannot be \`${text}\``,
      params: { hint: 'a host name in lower case without scheme and port' },
    });
});
