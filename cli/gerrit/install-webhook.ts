import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { HeadgateError } from '#core/errors.ts';
import type { InstalledWebhook } from '#server/install-webhook.ts';
import { configPath } from '../config-path.ts';
import { print, tell, type Io } from '../io.ts';
import { styleFor } from '../style.ts';
import { printable } from '../text.ts';

interface InstallOptions {
  readonly config?: string;
  readonly source?: string;
  readonly project: string;
  readonly name: string;
  readonly url?: string;
  readonly secret: 'path' | 'password';
  readonly user?: string;
  readonly tokenFile?: string;
  readonly dryRun?: true;
}

/** `headgate gerrit install-webhook`: what an administrator does once; it needs no server. */
export function addInstallWebhook(group: Command, io: Io): void {
  group
    .command('install-webhook')
    .description("have Gerrit's webhooks plugin send its events here: write the remote, and read it again")
    .option('--config <file>', 'the file (HEADGATE_CONFIG; default ./headgate.yaml)')
    .option('--source <name>', 'of spec.sources; default the only one of type gerrit')
    .option('--project <project>', 'project whose events are sent, and those of all projects that inherit from it', 'All-Projects')
    .option('--name <name>', "of the remote in the project's webhooks.config", 'headgate')
    .option('--url <url>', 'where Gerrit reaches the webhook listener; default spec.listen.webhook')
    .addOption(new Option('--secret <where>', 'where in the URL the secret stands').choices(['path', 'password']).default('path'))
    .option('--user <name>', 'account that writes it; default that of spec.sources[].http')
    .option('--token-file <file>', 'its HTTP token')
    .option('--dry-run', 'say what would be written, and ask nothing')
    .addHelpText('after', '\nExit codes: 0 written, 1 refused, 2 not understood. Writing needs Push on refs/meta/config of the project.')
    .action(async (options: InstallOptions) => {
      const { installWebhook } = await import('#server/install-webhook.ts');
      const { project, name, source, url, secret: secretAs, dryRun = false } = options;
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw new HeadgateError('USAGE', `${JSON.stringify(name)} is no name of a remote`);
      const of = { configPath: configPath(io, options.config), env: io.env, clock: io.clock, signal: io.signal };
      show(io, await installWebhook({ ...of, project, name, source, url, secretAs, dryRun, as: accountOf(io, options) }));
    });
}

function accountOf({ cwd }: Io, { user, tokenFile }: InstallOptions): { readonly user: string; readonly tokenFile: string } | undefined {
  if (user !== undefined && tokenFile !== undefined) return { user, tokenFile: resolve(cwd, tokenFile) };
  if (user === undefined && tokenFile === undefined) return undefined;
  throw new HeadgateError('USAGE', '--user and --token-file belong together');
}

function show(io: Io, { project, name, path, remote, written }: InstalledWebhook): void {
  const style = styleFor(io.stdout, io.env);
  if (written === null) {
    print(io, [`PUT ${path}`, JSON.stringify(remote, null, 2)]);
    return tell(io, '► nothing was written; … stands for the secret');
  }
  const sent = `${remote.events.join(' and ')} of ${printable(project)} to ${remote.url}`;
  print(io, [`${style.good('✔')} ${name}: Gerrit sends ${sent}`]);
  for (const other of written.bounded) tell(io, `► the server has bounded it: ${printable(other)}`);
  if (written.replaced) tell(io, `► a remote ${name} was there and sent to another address: it is replaced`);
  tell(
    io,
    '► the address with its secret is readable for whoever may read refs/meta/config of the project, also after it has been replaced',
  );
}
