import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Variables } from '#adapters/tool-environment.ts';
import { gitEnvironment, type Setting } from './environment.ts';
import { isRepositoryName, schemeOf } from './names.ts';
import { sshCommand } from '#adapters/ssh-command.ts';

/** How a server learns who asks. */
export type GitCredentials =
  | { readonly kind: 'none' }
  /** For HTTPS. The password, or a token, is asked for each time, so that it can be rotated. */
  | { readonly kind: 'password'; readonly username: string; readonly password: () => string }
  | { readonly kind: 'ssh'; readonly keyFile: string; readonly knownHostsFile: string };

/** A repository on a server, with all that git needs to reach it. Never logged: the environment holds the credentials. */
export interface Remote {
  readonly repository: string;
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface RemoteOptions {
  readonly cloneUrl: (repository: string) => string;
  readonly credentials: GitCredentials;
  readonly environment?: Variables;
}

/** Name of the remote within mirrors; it is in no file, only in the environment. */
export const REMOTE = 'origin';

/** @throws HeadgateError SOURCE_REFUSED for names and URLs that git is not to see, and without a usable password */
export function remoteOf(options: RemoteOptions, repository: string): Remote {
  if (!isRepositoryName(repository)) throw new HeadgateError('SOURCE_REFUSED', `${JSON.stringify(repository)} is no name of a repository`);
  const url = options.cloneUrl(repository);
  const settings = [...remoteSettings(url), ...credentialSettings(url, options.credentials)];
  return { repository, url, environment: gitEnvironment(options.environment ?? {}, [schemeOf(url)], settings) };
}

/** With these in its environment git need not write that the mirror is partial: without them it never asks the server for more. */
function remoteSettings(url: string): readonly Setting[] {
  return [
    [`remote.${REMOTE}.url`, url],
    [`remote.${REMOTE}.promisor`, 'true'],
    [`remote.${REMOTE}.partialCloneFilter`, 'blob:none'],
  ];
}

function credentialSettings(url: string, credentials: GitCredentials): readonly Setting[] {
  switch (credentials.kind) {
    case 'none':
      return [];
    case 'ssh':
      return [['core.sshCommand', sshCommand(credentials)]];
    case 'password':
      return [
        [
          `http.${new URL(url).origin}/.extraHeader`,
          `Authorization: Basic ${basic(credentials.username, passwordOf(credentials.password))}`,
        ],
      ];
  }
}

function basic(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
}

function passwordOf(password: () => string): string {
  try {
    return password();
  } catch (error) {
    throw new HeadgateError('SOURCE_REFUSED', messageOf(error), { cause: error });
  }
}
