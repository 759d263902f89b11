import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSshServer, type SshServer } from '../headgate/ssh-server.ts';
import { openHgAccount, type HgAccount } from './account.ts';
import type { Mercurial } from './install.ts';

const run = promisify(execFile);

export interface HgSshPerson {
  readonly keyFile: string;
  /** The value of `ui.ssh` that comes in as this person. */
  readonly command: string;
}

/** A real sshd whose keys are bound to `hg-ssh` (forced commands). */
export interface HgSshServer {
  /** `ssh://user@127.0.0.1:<port>`; a repository `infra` is at `<url>/infra`. */
  readonly url: string;
  /** The directory whose repositories are served; those of the top level that are there when somebody comes in. */
  readonly root: string;
  readonly account: HgAccount;
  readonly sshd: SshServer;
  readonly knownHostsFile: string;
  /**
   * Makes a key and lets it in. The name reaches hooks as the environment's HEADGATE_USER.
   * @param more further words of the key's line in authorized_keys, e.g. `environment="…"`
   */
  person(name: string, options?: { readonly readOnly?: boolean; readonly more?: readonly string[] }): Promise<HgSshPerson>;
  close(): Promise<void>;
}

export interface HgSshOptions {
  readonly rc?: string;
  /** Of every forced command, for example what a hook reads. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Lines of sshd_config, e.g. `ExposeAuthInfo yes`. */
  readonly sshd?: readonly string[];
}

export async function startHgSsh(mercurial: Mercurial, options: HgSshOptions = {}): Promise<HgSshServer> {
  const account = await openHgAccount(mercurial, options.rc ?? '');
  const sshd = await startSshServer(false, () => options.sshd ?? []);
  const root = join(account.home, 'repositories');
  await mkdir(root);
  const port = new URL(sshd.url).port;
  const lines: string[] = [];
  await writeFile(join(sshd.directory, 'authorized_keys'), '');
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    root,
    account,
    sshd,
    knownHostsFile: sshd.knownHostsFile,
    async person(name, { readOnly = false, more = [] } = {}) {
      const keyFile = join(account.home, `key-${name}`);
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', keyFile]);
      const environment = { ...account.environment, ...options.environment, HEADGATE_USER: name };
      const command = forcedCommand(mercurial, root, environment, readOnly);
      lines.push(`${['restrict', `command="${command}"`, ...more].join(',')} ${await readFile(`${keyFile}.pub`, 'utf8')}`);
      await writeFile(join(sshd.directory, 'authorized_keys'), lines.join(''), { mode: 0o600 });
      const client = `ssh -F none -i ${keyFile} -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=${sshd.knownHostsFile}`;
      return { keyFile, command: client };
    },
    async close() {
      await sshd.close();
      await account.close();
    },
  };
}

/** As the comment at the top of hg-ssh advises: the shell of the account expands the star. */
function forcedCommand(mercurial: Mercurial, root: string, environment: Readonly<Record<string, string>>, readOnly: boolean): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}='${value}'`);
  return `cd ${root} && ${variables.join(' ')} ${mercurial.hgSsh}${readOnly ? ' --read-only' : ''} *`;
}
