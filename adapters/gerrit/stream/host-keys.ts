import type { ServerHostKeyAlgorithm } from 'ssh2';
import { HeadgateError } from '#core/errors.ts';
import { readKnownHost, type KnownHost } from '#core/keys/known-hosts.ts';
import { sshFingerprint } from '#core/keys/ssh-public-key.ts';

/** What a server may show, and what to ask it for. */
export interface HostKeys {
  /**
   * The ways of signing that fit the keys which are known: a server that has an ed25519 key and is known by its RSA key would show
   * the former, and be refused.
   */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  /** Null when the key may be shown; otherwise what is wrong with it. */
  judge(blob: Buffer): string | null;
}

/** By type of key, the best first. RSA with SHA-1 (`ssh-rsa`) is not among them: OpenSSH 8.8 and later refuse it too. */
const algorithmsOf: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/**
 * What a known_hosts file lets a server show.
 * @param file for messages
 * @throws HeadgateError SSH_UNUSABLE when it has no usable key of the server: then nothing may be connected to
 */
export function hostKeysIn(
  text: string,
  { host, port, file }: { readonly host: string; readonly port: number; readonly file: string },
): HostKeys {
  const known = readKnownHost(text, host, port);
  const usable = known.keys.filter(({ blob }) => !isAmong(known.revoked, blob));
  const algorithms = Object.entries(algorithmsOf).flatMap(([type, ways]) => (usable.some((key) => key.type === type) ? ways : []));
  if (algorithms.length === 0)
    throw new HeadgateError('SSH_UNUSABLE', `known_hosts ${file}: ${lack(known, host, port)}`, { hint: mend(host, port, file) });
  const judge = (blob: Buffer): string | null => {
    if (isAmong(known.revoked, blob)) return `the host key ${sshFingerprint(blob)} of ${host}:${port} is marked @revoked in ${file}`;
    if (isAmong(usable, blob)) return null;
    const expected = usable.map((key) => sshFingerprint(key.blob)).join(', ');
    return `${host}:${port} shows the host key ${sshFingerprint(blob)}; ${file} has ${expected}`;
  };
  return { algorithms, judge };
}

function isAmong(keys: KnownHost['keys'], blob: Buffer): boolean {
  return keys.some((key) => key.blob.equals(blob));
}

function lack({ keys, revoked, authorities }: KnownHost, host: string, port: number): string {
  const types = [...new Set(keys.map(({ type }) => type))].join(', ');
  if (keys.length > 0 && revoked.length > 0) return `every key that it has of ${host}:${port} is marked @revoked`;
  if (keys.length > 0) return `it has keys of ${host}:${port} of no type that can be used (${types})`;
  if (authorities > 0) return `it names an authority (@cert-authority) for ${host}:${port}, and certificates of hosts are not taken`;
  return `it has no key of ${host}:${port}`;
}

function mend(host: string, port: number, file: string): string {
  const scan = `ssh-keyscan${port === 22 ? '' : ` -p ${port}`} ${host}`;
  return `\`${scan} >> ${file}\`, and compare the key with what the administrator of Gerrit publishes.`;
}
