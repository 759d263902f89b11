import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const hint = 'set `internal: true` for an issuer in a network of your own';

/** Whether an address is one that everybody reaches alike (RFC 6890): no loopback, private, link-local, shared or multicast one. */
export function isPublicAddress(ip: string): boolean {
  const family = isIP(ip);
  return family !== 0 && !nonPublic().check(ip, family === 4 ? 'ipv4' : 'ipv6');
}

function nonPublic(): BlockList {
  const list = new BlockList();
  for (const [net, bits] of fourNets) list.addSubnet(net, bits, 'ipv4');
  for (const [net, bits] of sixNets) list.addSubnet(net, bits, 'ipv6');
  return list;
}

const fourNets = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const;

/** With 6to4, which carries an IPv4 address inside; mapped ones (`::ffff:…`) are compared with the nets above. */
const sixNets = [
  ['::', 127],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const;

/** @throws Error when an address is not https, or is written as a number that is not public */
export function checkAddress(url: string): void {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:') throw new Error(`${url} is not https; ${hint}`);
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new Error(`${url} is a private address; ${hint}`);
}

/** Looks a name up as connecting does, and refuses it when any of its addresses is private: a name's owner chooses where it leads. */
export const publicLookup: LookupFunction = (name, options, callback) => {
  dnsLookup(name, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const own = addresses.find(({ address }) => !isPublicAddress(address));
    if (own) return callback(new Error(`${name} leads to the private address ${own.address}; ${hint}`), []);
    const [first] = addresses;
    if (options.all === true || !first) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};
