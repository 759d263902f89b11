import { createHmac } from 'node:crypto';

/** Whether a known_hosts file has any key for a host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Revoked keys and authorities do not count. */
export function knowsHost(text: string, host: string, port: number): boolean {
  const name = port === 22 ? host : `[${host}]:${port}`;
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@'))
    .some((line) => hostsFit(line.split(/\s+/)[0] ?? '', name.toLowerCase()));
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
