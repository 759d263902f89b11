import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { configPath } from '../config-path.ts';
import { print, tell, type Io } from '../io.ts';

interface MigrateOptions {
  readonly config?: string;
  readonly from?: string;
}

const help = `
No server may run on either meanwhile. All of it is copied, in one transaction, or nothing; the file stays as it is. Then the counts of all tables are
compared, and the chain of records is read back and verified.`;

/** `headgate journal migrate`. */
export function addMigrate(group: Command, io: Io): void {
  group
    .command('migrate')
    .description('copy the journal from its SQLite file into the empty database that the config names')
    .addOption(new Option('--to <kind>', 'what to move to').choices(['postgres']).makeOptionMandatory())
    .option('--from <file>', "the SQLite journal's file; default headgate.db in the data directory")
    .option('--config <file>', 'the config, with spec.journal.postgres (HEADGATE_CONFIG; default ./headgate.yaml)')
    .addHelpText('after', help)
    .action(async ({ config, from }: MigrateOptions) => {
      const { moveJournal } = await import('#server/move-journal.ts');
      const moved = await moveJournal({
        configPath: configPath(io, config),
        ...(from === undefined ? {} : { from: resolve(io.cwd, from) }),
        env: (name) => io.env[name],
        clock: io.clock,
        signal: io.signal,
        onProgress: (table, done, all) => tell(io, `► ${table}: ${done} of ${all}`),
      });
      print(
        io,
        [...moved.rows].map(([table, rows]) => `${table} ${rows}`),
      );
      const { records, head } = moved.chain;
      tell(io, `✔ moved from ${moved.from}; the chain of ${records} records is whole and ends with record ${head.seq}`);
      tell(io, '  Set the file aside before you start Headgate again, so that nothing goes on in it by mistake.');
    });
}
