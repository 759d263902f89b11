import { isIP } from 'node:net';
import { withinRanges } from '#config/network.ts';
import { HeadgateError } from '#core/errors.ts';

/** The client's address: the peer's own, or what trusted proxies say of it. */
export type ClientAddress = (peer: string | undefined, forwardedFor: readonly string[] | undefined) => string;

/**
 * Reads X-Forwarded-For from the right, past every address that is a trusted proxy; the first other one is the client.
 * The header of a peer that is not trusted says nothing: anybody can send one.
 * @param trusted addresses and CIDR ranges
 * @throws HeadgateError CONFIG_INVALID for an entry that is neither
 */
export function clientAddressBehind(trusted: readonly string[]): ClientAddress {
  for (const entry of trusted) requireRange(entry);
  const isProxy = withinRanges(trusted);
  return function clientAddress(peer, forwardedFor) {
    let client = plain(peer ?? '') ?? 'unknown';
    if (trusted.length === 0 || client === 'unknown') return client;
    const hops = (forwardedFor ?? []).join(',').split(',');
    while (isProxy(client)) {
      const next = plain(hops.pop() ?? '');
      if (next === undefined) return client; // nothing more is said, or nothing that can be read
      client = next;
    }
    return client;
  };
}

function requireRange(entry: string): void {
  const [address = '', bits, ...rest] = entry.split('/');
  const family = isIP(address);
  const prefix = bits === undefined ? 0 : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (family === 0 || rest.length > 0 || !(prefix <= (family === 4 ? 32 : 128)))
    throw new HeadgateError('CONFIG_INVALID', `${JSON.stringify(entry)} is neither an address nor a CIDR range of trusted proxies`);
}

/** An address without port, brackets and the IPv4-in-IPv6 prefix; undefined when it is none. */
function plain(text: string): string | undefined {
  if (isIP(text) === 4) return text; // as most peers' are
  const bare = text
    .trim()
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(bare) === 0 ? undefined : bare;
}
