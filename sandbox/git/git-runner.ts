import { spawn } from 'node:child_process';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/** Where programs are looked for unless the caller knows better. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';

export interface GitInput {
  readonly input?: Uint8Array | string;
}

/**
 * Runs the `git` binary: no shell, no configuration but the repository's own, bounded time and output.
 * Nothing of the caller's environment reaches it.
 */
export class GitRunner {
  readonly environment: Readonly<Record<string, string>>;

  /** @param path of the programs, in the form of $PATH */
  constructor(path: string = DEFAULT_PATH) {
    this.environment = {
      PATH: path,
      LC_ALL: 'C',
      TZ: 'UTC',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
    };
  }

  /** `git version 2.39.5`. @throws HeadgateError TOOL_MISSING */
  async version(): Promise<string> {
    return (await this.run(['version'])).toString('utf8').trim();
  }

  /**
   * Answers what git wrote to stdout.
   * @throws HeadgateError TOOL_MISSING; Error with what git wrote to stderr
   */
  run(args: readonly string[], { input }: GitInput = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const child = spawn('git', args, { env: this.environment, timeout: limits.sandbox.gitTimeout, stdio: 'pipe' });
      const output: Buffer[] = [];
      let complaints = '';
      let size = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > limits.sandbox.gitOutputBytes) child.kill('SIGKILL');
        else output.push(chunk);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaints = (complaints + text).slice(-4_096);
      });
      child.on('error', (error) => reject(startFailure(error)));
      child.on('close', (code) => {
        if (code === 0) resolve(Buffer.concat(output));
        else reject(new Error(`git ${args.find((arg) => !arg.startsWith('-')) ?? ''} failed: ${complaints.trim() || `exit code ${code}`}`));
      });
      child.stdin.on('error', () => {}); // git ended before it read all: its exit code tells why
      child.stdin.end(input);
    });
  }
}

/** What a program that does not start means. */
export function startFailure(error: Error): Error {
  if (!('code' in error) || error.code !== 'ENOENT') return error;
  return new HeadgateError('TOOL_MISSING', 'The sandbox needs git, and no `git` is in the path.', { cause: error });
}
