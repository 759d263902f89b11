import type { Command } from 'commander';
import { print, tell, type Io } from '../io.ts';
import { styleFor } from '../style.ts';
import { printable } from '../text.ts';
import { hookPlan, type HookOptions, type HookPlan } from './hook-settings.ts';
import { placeHook, type PlacedHook } from './place-hook.ts';

/** `headgate hg install-hook`: what an administrator does once, on the host where people push to; it needs no server and no config. */
export function addInstallHook(group: Command, io: Io): void {
  group
    .command('install-hook')
    .description('have Mercurial tell of pushes: bring the hook to this host, and write the hgrc that runs it')
    .requiredOption('--url <url>', 'where the webhook listener is reached, with the source: https://headgate.example.com/hooks/hg')
    .requiredOption('--base <url>', 'URL that the repositories are known by: the `url` of the source, or one of its aliases')
    .requiredOption('--root <directory>', 'where they lie: what is below it is known below --base')
    .option('--secret-file <file>', "one of the source's secrets", '/etc/headgate/hg-hook.secret')
    .option('--token-file <file>', 'instead of a secret: where this host keeps the token that an issuer gives to it')
    .option('--hgrc <file>', 'file to write, which must be one that hg reads', '/etc/mercurial/hgrc.d/headgate.rc')
    .option('--to <directory>', 'where the hook goes to', '/etc/mercurial')
    .option('--spool <directory>', 'where it keeps what it cannot deliver', '/var/spool/headgate-hook')
    .option('--ca-file <file>', "certificates that the listener's is verified with; default those of the system")
    .option('--sh', 'the form for sites where no code may run inside hg: sh, curl and openssl; it keeps nothing')
    .option('--dry-run', 'say what would be written, and write nothing')
    .addHelpText(
      'after',
      '\nExit codes: 0 written, or there already, 2 not understood or not possible. docs/how-to/mercurial-hook.md tells the rest.',
    )
    .action(async (options: HookOptions) => {
      const plan = hookPlan(options);
      if (options.dryRun) return showPlan(io, plan);
      show(io, plan, await placeHook(plan));
    });
}

function showPlan(io: Io, { form, hook, hgrc, spool, fragment }: HookPlan): void {
  print(io, [fragment.trimEnd()]);
  tell(io, `► nothing was written; this would be ${hgrc}, with ${form} at ${hook}${spool === null ? '' : `, and the directory ${spool}`}`);
}

function show(io: Io, { spool }: HookPlan, { written, unchanged, doubts }: PlacedHook): void {
  const style = styleFor(io.stdout, io.env);
  print(io, [
    ...written.map((path) => `${style.good('✔')} ${printable(path)}`),
    ...unchanged.map((path) => `${style.good('✔')} ${printable(path)} (as it was)`),
  ]);
  for (const doubt of doubts) tell(io, `► ${printable(doubt)}`);
  if (spool !== null && written.includes(spool)) tell(io, `► give ${printable(spool)} to the account that hg runs as: chown it`);
  tell(io, '► `hg config hooks`, in a repository and as that account, shows whether hg reads it');
}
