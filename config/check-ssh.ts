import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { knowsHost } from '#core/keys/known-hosts.ts';

/** Files that ssh(1) is given, and the host that it is to connect to. */
export interface SshFiles {
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly hostname: string;
  readonly port: number;
}

type Code = 'GIT_SSH' | 'HG_SSH';

/** Whether ssh will use the key, and knows the host. */
export function sshFindings(code: Code, about: string, files: SshFiles): readonly Finding[] {
  return [keyFinding(code, about, files), hostsFinding(code, about, files)];
}

/** ssh(1) ignores a private key that others may read. */
function keyFinding(code: Code, about: string, { keyFile }: SshFiles): Finding {
  try {
    const { mode } = statSync(keyFile);
    if ((mode & 0o077) === 0) return finding(code, about, 'good', `SSH key ${keyFile}: its owner alone may read it`);
    const message = `SSH key ${keyFile}: others may read it (mode ${(mode & 0o777).toString(8)}), so that ssh does not use it`;
    return finding(code, about, 'bad', message, { mend: `\`chmod 0600 ${keyFile}\`` });
  } catch (error) {
    return finding(code, about, 'bad', `SSH key: ${messageOf(error)}`);
  }
}

function hostsFinding(code: Code, about: string, { knownHostsFile: file, hostname: host, port }: SshFiles): Finding {
  try {
    if (knowsHost(readFileSync(file, 'utf8'), host, port)) return finding(code, about, 'good', `known_hosts ${file}: it has ${host}`);
    const mend = `\`ssh-keyscan${port === 22 ? '' : ` -p ${port}`} ${host} >> ${file}\`, and compare the key with what the host publishes.`;
    return finding(code, about, 'bad', `known_hosts ${file}: it has no key of ${host}`, { mend });
  } catch (error) {
    return finding(code, about, 'bad', `known_hosts: ${messageOf(error)}`);
  }
}
