import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes } from '#core/format-bytes.ts';
import { configPath } from '../config-path.ts';
import { print, tell, type Io } from '../io.ts';
import { addMigrate } from './migrate.ts';

/** `headgate journal`: what is done with the journal as a whole, from the machine that it lies on. */
export function addJournal(program: Command, io: Io): void {
  const group = program.command('journal').description('back up and move the journal').usage('<what> [options]');
  addBackup(group, io);
  addMigrate(group, io);
}

function addBackup(group: Command, io: Io): void {
  group
    .command('backup')
    .description('copy the journal as it is now, with the keys and checkpoints of its records, while a server runs or none does')
    .argument('<directory>', 'is made, and can take the place of the data directory; refused when it exists')
    .option('--config <file>', 'the config (HEADGATE_CONFIG; default ./headgate.yaml)')
    .addHelpText(
      'after',
      '\nWhatever was answered 2xx before it began is in it. It holds secret keys: it is made for its owner alone, keep it so.',
    )
    .action(async (directory: string, { config }: { readonly config?: string }) => {
      const { backUp } = await import('#server/back-up.ts');
      const into = resolve(io.cwd, directory);
      const { files, bytes, elsewhere } = await backUp({ configPath: configPath(io, config), into });
      print(
        io,
        files.map((name) => `${into}/${name}`),
      );
      for (const file of elsewhere) tell(io, `! kept outside the data directory, and not copied: ${file}`);
      tell(io, `✔ backed up, ${formatBytes(bytes)} of journal`);
    });
}
