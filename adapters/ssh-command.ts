import { HeadgateError } from '#core/errors.ts';

export interface SshFiles {
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

/** ssh_config(5) reads `% $ ~ "` and spaces in file names, and git and hg hand the whole line to a shell: such names are not taken. */
function isSafePath(path: string): boolean {
  return /^\/[\p{L}\p{N}_/.,@+=:-]*$/u.test(path);
}

/**
 * The ssh that git (core.sshCommand) and hg (ui.ssh) run: one key, known hosts only, no configuration of this machine's users, no questions.
 * @throws HeadgateError CONFIG_INVALID for file names that could be read in two ways
 */
export function sshCommand({ keyFile, knownHostsFile }: SshFiles): string {
  const unsafe = [keyFile, knownHostsFile].find((path) => !isSafePath(path));
  if (unsafe !== undefined) {
    throw new HeadgateError(
      'CONFIG_INVALID',
      `a file for SSH must have an absolute path of plain characters, not ${JSON.stringify(unsafe)}`,
    );
  }
  const options = [...fixed, `IdentityFile=${keyFile}`, `UserKnownHostsFile=${knownHostsFile}`];
  return ['ssh', '-F', 'none', '-T', ...options.flatMap((option) => ['-o', option])].join(' ');
}

const fixed = [
  'BatchMode=yes',
  'IdentitiesOnly=yes',
  'IdentityAgent=none',
  'PreferredAuthentications=publickey',
  'StrictHostKeyChecking=yes',
  'GlobalKnownHostsFile=/dev/null',
  'UpdateHostKeys=no',
  'ControlMaster=no',
  'ControlPath=none',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'PermitLocalCommand=no',
  'ProxyCommand=none',
  'ConnectTimeout=10',
  'ServerAliveInterval=15',
] as const;
