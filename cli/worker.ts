import type { Command } from 'commander';
import { addressOption, somewhere, type AddressOrNowhere } from './address-option.ts';
import { configPath } from './config-path.ts';
import type { Io } from './io.ts';

interface WorkerOptions {
  readonly config?: string;
  readonly health: AddressOrNowhere;
  readonly metrics: AddressOrNowhere;
}

/** `headgate worker`: a process that does a server's work without its listeners, until SIGTERM or SIGINT. */
export function addWorker(program: Command, io: Io): void {
  program
    .command('worker')
    .description('work on targets apart from the server, over a journal in Postgres')
    .option('--config <file>', 'the config (HEADGATE_CONFIG; default ./headgate.yaml)')
    .addOption(addressOption('--health <address>', 'where the probes are answered: /healthz and /readyz; or none', '127.0.0.1:9442'))
    .addOption(addressOption('--metrics <address>', 'where /metrics is answered; or none', '127.0.0.1:8082'))
    .addHelpText(
      'after',
      '\nAny number may run. One of them (or a server) leads: it handles deliveries, observes, tells and sweeps; when it ends, another takes its place.',
    )
    .action(async ({ config, health, metrics }: WorkerOptions) => {
      // Loaded on demand: the commands that only ask a server start faster without it.
      const { work } = await import('#server/main.ts');
      const at = { health: somewhere(health), metrics: somewhere(metrics) };
      await work({ configPath: configPath(io, config), env: io.env, stderr: io.stderr, signal: io.signal, ...at });
    });
}
