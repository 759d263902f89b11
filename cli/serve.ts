import type { Command } from 'commander';
import { configPath } from './config-path.ts';
import type { Io } from './io.ts';

/** `headgate serve`: runs until SIGTERM or SIGINT, then finishes what it has accepted. */
export function addServe(program: Command, io: Io): void {
  program
    .command('serve')
    .description('run the server')
    .option('--config <file>', 'the config (HEADGATE_CONFIG; default ./headgate.yaml)')
    .action(async (options: { readonly config?: string }) => {
      // Loaded on demand: the commands that only ask a server start faster without it.
      const { serve } = await import('#server/main.ts');
      await serve({ configPath: configPath(io, options.config), env: io.env, stderr: io.stderr, signal: io.signal });
    });
}
