import { limits } from '#core/limits.ts';
import type { CommandResult, CommandServer } from './command-server.ts';

export interface Answer extends CommandResult {
  readonly output: Buffer;
}

/** Runs a command and gathers what it says, bounded. @param timeout milliseconds @throws HgEnded */
export async function collectAnswer(server: CommandServer, args: readonly string[], timeout: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const hearer = {
    output(data: Buffer): boolean {
      size += data.byteLength;
      if (size <= limits.hgClone.outputBytes) chunks.push(data);
      else server.kill('output');
      return true;
    },
  };
  const { code, stderr } = await server.run(args, hearer, timeout);
  return { code, stderr, output: Buffer.concat(chunks) };
}
