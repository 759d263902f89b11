import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { limits } from '#core/limits.ts';

/** Where hg is looked for, and the only place where it finds a configuration. */
export interface HgProgram {
  /** In the form of $PATH. */
  readonly path: string | undefined;
  /** A directory that has `hgrc`, or none. */
  readonly home: string;
}

/** Of whoever works in the sandbox: nothing of the caller's environment or configuration reaches hg. */
export function hgEnvironment({ path, home }: HgProgram): Record<string, string> {
  return {
    ...(path === undefined ? {} : { PATH: path }),
    HOME: home,
    HGRCPATH: `${home}/hgrc`,
    HGPLAIN: '1',
    HGENCODING: 'UTF-8',
    LC_ALL: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** Runs hg without a shell, in bounded time. @returns what it printed, both outputs together @throws what execFile throws */
export async function runHg(hg: HgProgram, cwd: string, args: readonly string[]): Promise<string> {
  const { hgTimeout: timeout, gitOutputBytes: maxBuffer } = limits.sandbox;
  const { stdout, stderr } = await promisify(execFile)('hg', [...args], { cwd, env: hgEnvironment(hg), timeout, maxBuffer });
  return `${stdout}${stderr}`;
}
