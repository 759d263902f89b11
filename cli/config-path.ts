import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io } from './io.ts';

/** Where the sandbox, run from the same directory, writes its config. */
export const sandboxConfig = 'data/sandbox/headgate.yaml';

/**
 * The config file that a command means: --config, HEADGATE_CONFIG, ./headgate.yaml, and last, when there is none, that of a sandbox
 * which was started from here. The file may not exist.
 */
export function configPath(io: Pick<Io, 'env' | 'cwd'>, option: string | undefined): string {
  const named = option ?? (io.env['HEADGATE_CONFIG'] || undefined);
  if (named !== undefined) return resolve(io.cwd, named);
  const here = resolve(io.cwd, 'headgate.yaml');
  const sandbox = resolve(io.cwd, sandboxConfig);
  return !existsSync(here) && existsSync(sandbox) ? sandbox : here;
}
