import { Readable } from 'node:stream';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { CommandServer } from './command-server.ts';
import { endOf } from './failure.ts';
import type { ServerPool } from './server-pool.ts';

export type Streamed = { readonly output: AsyncIterable<Uint8Array> } | { readonly code: number; readonly stderr: string };

/**
 * Runs a command whose output is read as it comes, and no faster than it is read. Whoever stops reading ends the command server with it.
 * @returns its end in place of output when it fails before it says anything
 * @throws HgEnded
 */
export function streamOf(pool: ServerPool<CommandServer>, path: string, repository: string, args: readonly string[]): Promise<Streamed> {
  return new Promise((resolve, reject) => {
    const serve = (server: CommandServer): Promise<void> => pour(server, repository, args, resolve);
    pool.use(path, serve).catch(reject);
  });
}

async function pour(
  server: CommandServer,
  repository: string,
  args: readonly string[],
  resolve: (streamed: Streamed) => void,
): Promise<void> {
  const state = { running: true, begun: false, bytes: 0 };
  const output = new Readable({
    highWaterMark: limits.hgClone.aheadBytes,
    read: () => void (state.running && server.resume()),
    destroy(error, done) {
      if (state.running) server.kill();
      done(error);
    },
  });
  const begin = (): void => {
    if (!state.begun) resolve({ output });
    state.begun = true;
  };
  const hearer = {
    output(data: Buffer): boolean {
      begin();
      state.bytes += data.byteLength;
      if (state.bytes > limits.hgClone.archiveBytes) output.destroy(tooLarge(repository));
      return output.destroyed || output.push(data);
    },
  };
  try {
    const result = await server.run(args, hearer, limits.hgClone.archiveTimeout);
    if (result.code !== 0 && !state.begun) return resolve(result);
    begin();
    state.running = false;
    if (result.code === 0) output.push(null);
    else
      output.destroy(
        new HeadgateError('SOURCE_UNREACHABLE', `${repository}: hg gave up in the midst of it (${result.stderr.slice(0, 200)})`),
      );
  } catch (error) {
    state.running = false;
    if (!state.begun) throw error;
    output.destroy(endOf(repository, 'hg', error) as Error);
  }
}

function tooLarge(repository: string): HeadgateError {
  return new HeadgateError('CONTENT_TOO_LARGE', `${repository}: an archive of more than ${limits.hgClone.archiveBytes} bytes`);
}
