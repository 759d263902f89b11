import type { Command } from 'commander';

/** Adds the options of findServer to a command. */
export function addServerOptions(command: Command): Command {
  return command
    .option('--server <address>', 'API of the server (HEADGATE_SERVER; token in HEADGATE_TOKEN)')
    .option('--config <file>', 'config that names the server (HEADGATE_CONFIG; default ./headgate.yaml)');
}
