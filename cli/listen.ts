import { Option, type Command } from 'commander';
import { parseAddress, type Address } from '#config/network.ts';
import { HeadgateError } from '#core/errors.ts';
import { configPath } from './config-path.ts';
import { readUrl } from './find-server.ts';
import type { Io } from './io.ts';

interface ListenOptions {
  readonly config?: string;
  readonly server?: string;
  readonly source: readonly string[];
  readonly health: Address | typeof nowhere;
  readonly metrics: Address | typeof nowhere;
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
      new Option('--health <address>', 'where the probes are answered: /healthz, and /readyz once every stream is listened to; or none')
        .argParser(readAddress)
        .default({ host: '127.0.0.1', port: 9441 }, '127.0.0.1:9441'),
    )
    .addOption(
      new Option('--metrics <address>', 'where /metrics is answered; or none')
        .argParser(readAddress)
        .default({ host: '127.0.0.1', port: 8081 }, '127.0.0.1:8081'),
    )
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
        health: addressOf(health),
        metrics: addressOf(metrics),
        server: server === undefined ? undefined : readUrl(server),
      });
    });
}

function addressOf(read: Address | typeof nowhere): Address | null {
  return read === nowhere ? null : read;
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name];
}

/** A word, because commander takes a null that a parser returns for an empty text. */
const nowhere = 'none';

/** @throws HeadgateError USAGE */
function readAddress(text: string): Address | typeof nowhere {
  if (text === nowhere) return nowhere;
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  throw new HeadgateError('USAGE', `${text} is no address`, { hint: 'Write host:port, for example 127.0.0.1:9441, or none.' });
}
