import { sshCommand } from '#adapters/ssh-command.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { requireRepository } from '../names.ts';

/** How a host learns who asks. */
export type HgCredentials =
  | { readonly kind: 'none' }
  /** For HTTP. The password is asked for each time, so that it can be rotated. */
  | { readonly kind: 'password'; readonly username: string; readonly password: () => string }
  | { readonly kind: 'ssh'; readonly keyFile: string; readonly knownHostsFile: string };

/** The URL of a repository below the base. @throws HeadgateError SOURCE_REFUSED for what is no name, CONFIG_INVALID for a base with credentials */
export function remoteUrl(base: string, repository: string): string {
  const path = requireRepository(repository).split('/').map(encodeURIComponent).join('/');
  const url = URL.parse(base);
  const isPlain = url !== null && url.password === '' && url.search === '' && url.hash === '' && !url.hostname.startsWith('-');
  if (!isPlain || (url.username !== '' && url.protocol !== 'ssh:') || url.username.startsWith('-'))
    throw new HeadgateError('CONFIG_INVALID', '`clone.url` must be plain http, https or ssh, without password, query or fragment');
  return `${base.replace(/\/+$/, '')}/${path}`;
}

/**
 * Lines of hgrc for talking to the host. Credentials travel in this file, which its owner alone may read, rather than in arguments: those can
 * be read by everybody on the machine. They are for the host that they were configured for (hgrc(5), "auth").
 * @throws HeadgateError SOURCE_REFUSED without a usable password, CONFIG_INVALID for unusable SSH files
 */
export function remoteSettings(base: string, credentials: HgCredentials): string {
  switch (credentials.kind) {
    case 'none':
      return '';
    case 'ssh':
      return `[ui]\nssh = ${sshCommand(credentials)}\n`;
    case 'password': {
      const { protocol } = new URL(base);
      const [username, password] = [plain(credentials.username), plain(passwordOf(credentials.password))];
      const lines = [`host.prefix = ${base}`, `host.schemes = ${protocol.slice(0, -1)}`, `host.username = ${username}`];
      return `[auth]\n${[...lines, `host.password = ${password}`].join('\n')}\n`;
    }
  }
}

/** hgrc(5) knows no quotes: a line break would end the value, and spaces around it are lost. */
function plain(value: string): string {
  if (value !== '' && !/\p{Cc}/u.test(value) && value.trim() === value) return value;
  throw new HeadgateError('SOURCE_REFUSED', 'the password (or user) of `clone` is empty, or has control characters or spaces around it');
}

function passwordOf(password: () => string): string {
  try {
    return password();
  } catch (error) {
    throw new HeadgateError('SOURCE_REFUSED', messageOf(error), { cause: error });
  }
}
