import type { Command } from 'commander';
import { addressOption, somewhere, type AddressOrNowhere } from './address-option.ts';
import { configPath } from './config-path.ts';
import { readUrl } from './find-server.ts';
import type { Io } from './io.ts';

interface ListenOptions {
  readonly config?: string;
  readonly server?: string;
  readonly source: readonly string[];
  readonly health: AddressOrNowhere;
  readonly metrics: AddressOrNowhere;
}

/** `headgate listen`: a process that listens to Gerrit in the server's place, near Gerrit for example, and runs until SIGTERM or SIGINT. */
export function addListen(program: Command, io: Io): void {
  program
    .command('listen')
    .description('listen to the event streams of sources apart from the server, and hand it each event')
    .option('--config <file>', 'the config (HEADGATE_CONFIG; default ./headgate.yaml)')
    .option('--server <url>', "where the server takes webhooks (default: the config's listen.webhook)")
    .option(
      '--source <name>',
      'this source, whatever its `ssh.listen` says; may be repeated (default: those with `ssh.listen: apart`)',
      collect,
      [],
    )
    .addOption(
      addressOption(
        '--health <address>',
        'where the probes are answered: /healthz, and /readyz once every stream is listened to; or none',
        '127.0.0.1:9441',
      ),
    )
    .addOption(addressOption('--metrics <address>', 'where /metrics is answered; or none', '127.0.0.1:8081'))
    .addHelpText(
      'after',
      '\nEvents go to /hooks/<source> of the server with the secret of `webhook`, and are tried again until it has them on disk.\nWhenever some may be missing, after each connection too, the server is told to look at the branches. Two listeners do no harm.',
    )
    .action(async ({ config, server, source, health, metrics }: ListenOptions) => {
      // Loaded on demand: the commands that only ask a server start faster without it.
      const { listenApart } = await import('#server/listen-apart.ts');
      await listenApart({
        configPath: configPath(io, config),
        env: io.env,
        stderr: io.stderr,
        signal: io.signal,
        sources: source,
        health: somewhere(health),
        metrics: somewhere(metrics),
        server: server === undefined ? undefined : readUrl(server),
      });
    });
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name];
}
