import type { Command } from 'commander';
import { configPath } from './config-path.ts';
import { print, type Io } from './io.ts';
import { loadForPeople } from './load-config.ts';
import { styleFor } from './style.ts';

/** `headgate config validate`. */
export function addConfig(program: Command, io: Io): void {
  const group = program.command('config').description('work with the config file').usage('<what> [options]');
  group
    .command('validate')
    .description('check the config, its secrets and its policies, as `serve` does')
    .option('--config <file>', 'the file (HEADGATE_CONFIG; default ./headgate.yaml)')
    .action(async (options: { readonly config?: string }) => {
      const { config, summary } = await loadForPeople(io, configPath(io, options.config));
      print(io, [`${styleFor(io.stdout, io.env).good('✔')} ${config.file}: ${summary}`]);
    });
}
