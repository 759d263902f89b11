import type { Command } from 'commander';
import { configPath } from './config-path.ts';
import { readUrl } from './find-server.ts';
import type { Io } from './io.ts';

interface ListenOptions {
  readonly config?: string;
  readonly server?: string;
  readonly source: readonly string[];
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
    .addHelpText(
      'after',
      '\nEvents go to /hooks/<source> of the server with the secret of `webhook`, and are tried again until it has them on disk.\nWhenever some may be missing, after each connection too, the server is told to look at the branches. Two listeners do no harm.',
    )
    .action(async ({ config, server, source }: ListenOptions) => {
      // Loaded on demand: the commands that only ask a server start faster without it.
      const { listenApart } = await import('#server/listen-apart.ts');
      await listenApart({
        configPath: configPath(io, config),
        env: io.env,
        stderr: io.stderr,
        signal: io.signal,
        sources: source,
        server: server === undefined ? undefined : readUrl(server),
      });
    });
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name];
}
