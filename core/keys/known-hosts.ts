import { createHmac } from 'node:crypto';

/** A public key of SSH as it is written down: `ssh-ed25519` and the bytes behind it. */
export interface HostKey {
  readonly type: string;
  readonly blob: Buffer;
}

/** What a known_hosts file says about one host. */
export interface KnownHost {
  /** Keys that the host may show. */
  readonly keys: readonly HostKey[];
  /** Keys that it must not show, whatever else the file says. */
  readonly revoked: readonly HostKey[];
  /** How many lines name an authority for it (`@cert-authority`): certificates of hosts are not taken here. */
  readonly authorities: number;
}

/** `[host]:port`, and the host alone at SSH's own port: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export function knownHostsName(host: string, port: number): string {
  return (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
}

/**
 * What a known_hosts file says about a host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): lists with commas, `*`, `?`, `!` before a name,
 * names that are hashed, `@revoked`, `@cert-authority`. Lines that cannot be read say nothing.
 */
export function readKnownHost(text: string, host: string, port: number): KnownHost {
  const name = knownHostsName(host, port);
  const lines = text
    .split('\n')
    .flatMap((line) => readLine(line) ?? [])
    .filter(({ hosts }) => hostsFit(hosts, name));
  const marked = (marker: string): readonly HostKey[] => lines.filter((line) => line.marker === marker).map(({ key }) => key);
  return { keys: marked(''), revoked: marked('@revoked'), authorities: marked('@cert-authority').length };
}

/** Whether a known_hosts file has any key for a host. Revoked keys and authorities do not count. */
export function knowsHost(text: string, host: string, port: number): boolean {
  return readKnownHost(text, host, port).keys.length > 0;
}

interface Line {
  /** `@revoked`, `@cert-authority`, another word with `@`, or none. */
  readonly marker: string;
  readonly hosts: string;
  readonly key: HostKey;
}

function readLine(line: string): Line | undefined {
  const fields = line.trim().split(/[ \t]+/);
  const marker = fields[0]?.startsWith('@') ? (fields.shift() ?? '') : '';
  const [hosts = '', type, blob] = fields;
  if (hosts === '' || hosts.startsWith('#') || type === undefined || blob === undefined) return undefined;
  return { marker, hosts, key: { type, blob: Buffer.from(blob, 'base64') } };
}

/** Names with commas between, `*` and `?` in them, `!` before them; or one name hashed. */
function hostsFit(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return hashFits(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  const denied = patterns.some((pattern) => pattern.startsWith('!') && patternFits(pattern.slice(1), name));
  return !denied && patterns.some((pattern) => patternFits(pattern, name));
}

function hashFits(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** Character by character with one place to return to: a file of patterns cannot make it slow. */
function patternFits(pattern: string, name: string): boolean {
  let [at, star, back] = [0, -1, 0];
  for (let index = 0; index < name.length; ) {
    if (pattern[at] === '?' || (pattern[at] === name[index] && pattern[at] !== '*')) {
      at += 1;
      index += 1;
    } else if (pattern[at] === '*') {
      star = at;
      back = index;
      at += 1;
    } else if (star >= 0) {
      at = star + 1;
      back += 1;
      index = back;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
