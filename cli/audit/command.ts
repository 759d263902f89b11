import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { AuditFiles } from '#server/audit-offline.ts';
import { configPath } from '../config-path.ts';
import { readSince } from '../duration.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, tell, type Io } from '../io.ts';
import { styleFor } from '../style.ts';
import { csvHeader, csvLine, jsonLine } from './export-lines.ts';
import { addForget, nameLines } from './names.ts';
import { reportLines } from './report-lines.ts';

interface PlaceOptions {
  readonly config?: string;
  readonly journal?: string;
}

interface VerifyOptions extends PlaceOptions {
  readonly checkpoints?: string;
  readonly key?: string;
  readonly output: 'text' | 'json';
}

interface ExportOptions extends PlaceOptions {
  readonly since?: string;
  readonly until?: string;
  readonly output: 'jsonl' | 'csv';
  readonly names?: true;
}

const exitHelp = `
Exit codes: ${exitCodes.ok} every record is as it was written, ${exitCodes.notWhole} one is not or a checkpoint is not signed by the key,
${exitCodes.failed} the journal or the checkpoints cannot be read; the others as always.`;

/** `headgate audit`: the evidence chain, read from the journal, with a server or without. */
export function addAudit(program: Command, io: Io): void {
  const group = program.command('audit').description('verify and export the chain of records').usage('<what> [options]');
  addVerify(group, io);
  addExport(group, io);
  addNames(group, io);
  addForget(group, io);
  group
    .command('key')
    .description('print the key that verifies checkpoints, for `audit verify --key` on another machine')
    .option('--config <file>', 'the file (HEADGATE_CONFIG; default ./headgate.yaml)')
    .action(async (options: PlaceOptions) => {
      const { auditKey } = await import('#server/audit-offline.ts');
      print(io, [await auditKey(configPath(io, options.config))]);
    });
}

function addVerify(group: Command, io: Io): void {
  withPlace(group.command('verify'))
    .description('look for records that were changed, deleted, reordered, or cut off after a checkpoint; names the first bad one')
    .option('--checkpoints <file>', 'signed checkpoints to compare with; default those of the config')
    .option('--key <key>', 'what verifies them: a line that `audit key` printed, or a file with it; default the key of the config')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', exitHelp)
    .action(async (options: VerifyOptions) => {
      const { auditVerify } = await import('#server/audit-offline.ts');
      const report = await auditVerify(await filesOf(io, options));
      if (options.output === 'json') print(io, [JSON.stringify(report, null, 2)]);
      else print(io, reportLines(report, styleFor(io.stdout, io.env)));
      if (report.fault !== null || report.unsigned.length > 0) io.setExitCode(exitCodes.notWhole);
    });
}

function addExport(group: Command, io: Io): void {
  withPlace(group.command('export'))
    .description('print records, oldest first')
    .option('--since <when>', 'from then on: 7d, or a moment in RFC 3339')
    .option('--until <when>', 'before then')
    .option('--names', 'with the names that references to people mean, as far as they are kept')
    .addOption(new Option('-o, --output <format>', 'JSON Lines with everything, or a table').choices(['jsonl', 'csv']).default('jsonl'))
    .action(async (options: ExportOptions) => {
      const { auditExport, auditNames } = await import('#server/audit-offline.ts');
      const now = io.clock.now();
      const since = options.since === undefined ? Number.NEGATIVE_INFINITY : readSince(options.since, now);
      const until = options.until === undefined ? Number.POSITIVE_INFINITY : readSince(options.until, now);
      const lineOf = options.output === 'csv' ? csvLine : jsonLine;
      let printed = 0;
      if (options.output === 'csv') print(io, [csvHeader]);
      const files = await filesOf(io, options);
      const kept = options.names === true ? await auditNames(files) : [];
      const names = new Map(kept.map(({ reference, name }) => [reference, name]));
      await auditExport(files, since, until, (link) => {
        printed++;
        print(io, [lineOf(link, names)]);
      });
      tell(io, `► records: ${printed}`);
    });
}

function addNames(group: Command, io: Io): void {
  withPlace(group.command('names'))
    .description('print the people that references in records mean: reference, last needed, name')
    .action(async (options: PlaceOptions) => {
      const { auditNames } = await import('#server/audit-offline.ts');
      print(io, nameLines(await auditNames(await filesOf(io, options))));
    });
}

function withPlace(command: Command): Command {
  return command
    .option('--config <file>', 'where journal, checkpoints and key are named (HEADGATE_CONFIG; default ./headgate.yaml)')
    .option('--journal <file>', 'the journal itself, or a copy of it; no config is read then');
}

async function filesOf(io: Io, options: PlaceOptions & Pick<VerifyOptions, 'checkpoints' | 'key'>): Promise<AuditFiles> {
  const { auditFiles } = await import('#server/audit-offline.ts');
  const { journal, checkpoints, key } = options;
  const absolute = (path: string): string => resolve(io.cwd, path);
  return auditFiles({
    configPath: configPath(io, options.config),
    env: io.env,
    ...(journal === undefined ? {} : { journal: absolute(journal) }),
    ...(checkpoints === undefined ? {} : { checkpoints: absolute(checkpoints) }),
    ...(key === undefined ? {} : { key: key.includes('+') ? key : await readKey(absolute(key)) }),
  });
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new HeadgateError('USAGE', `--key: ${messageOf(cause)}`, {
      hint: 'Name a file that holds what `headgate audit key` printed, or give that line itself.',
      cause,
    });
  }
}
