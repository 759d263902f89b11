import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { limits } from '#core/limits.ts';
import { apiClient } from './api-client.ts';
import { readDuration } from './duration.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { explanationVerdict } from './explanation-verdict.ts';
import type { Found } from './find-stories.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { followReplays, followVerdict } from './follow-replays.ts';
import { print, tell, type Io } from './io.ts';
import { renderReplays } from './replay-lines.ts';
import { replayBody, type SelectionOptions } from './replay-question.ts';
import { Replays, WholeAnswer, type ReplayItem } from './replay-schema.ts';
import { addServerOptions } from './server-options.ts';
import { renderFound } from './trace.ts';
import { viewOf } from './view.ts';

interface ReplayOptions extends ServerOptions, SelectionOptions {
  readonly key?: string;
  readonly wait?: string;
  readonly output: 'text' | 'json' | 'yaml';
}

const exitHelp = `
Exit codes: ${exitCodes.ok} all of them were entered; ${exitCodes.failed} one could not be, or with --wait one was denied or failed; ${exitCodes.notFound} there are none of these names;
${exitCodes.timedOut} --wait ended before the outcome; ${exitCodes.nothingMoves} none fits. With --dry-run as \`headgate explain\`: ${exitCodes.ok} something would move, ${exitCodes.nothingMoves} nothing would,
${exitCodes.notAllowed} something is not allowed, ${exitCodes.failed} the answer is not complete. The others as always.`;

/** `headgate replay`: takes recorded deliveries through the flow once more. */
export function addReplay(program: Command, io: Io): void {
  const command = program
    .command('replay')
    .description('take recorded deliveries through the flow once more, as policy and clusters are now; never takes a ref back')
    .argument('[delivery...]', 'id of a delivery, or the id that the forge gave it')
    .option('--since <time>', 'those received since then, oldest first: 2h, or 2026-01-31T10:00:00Z')
    .option('--until <time>', 'and before then; default now')
    .option('--source <name>', 'of these, those of a source')
    .option('--repository <name>', 'of these, those of a repository: org/app')
    .addOption(new Option('--state <state>', 'of these, those in a state').choices(['done', 'ignored', 'dead']))
    .option('--dry-run', 'only tell what would come of each by itself; nothing is written')
    .option('--key <key>', 'enter each delivery once under this key, however often the command runs')
    .option('--wait <duration>', 'wait so long for the outcomes, then tell them')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'))
    .addHelpText('after', exitHelp);
  addServerOptions(command).action(async (names: readonly string[], options: ReplayOptions) => {
    io.setExitCode(await replay(io, names, options));
  });
}

async function replay(io: Io, names: readonly string[], options: ReplayOptions): Promise<ExitCode> {
  const body = replayBody(io.clock.now(), names, options);
  const wait = options.wait === undefined || options.dryRun === true ? 0 : readDuration(options.wait);
  const client = apiClient(io, await findServer(io, options));
  const headers = options.key === undefined ? {} : { 'idempotency-key': options.key };
  const answer = await client.post('/v1/replays', body, {}, limits.cli.replayTimeout, headers);
  const { dryRun, items } = Replays.parse(answer);
  tell(io, `► ${items.length === 1 ? '1 delivery' : `${items.length} deliveries`}`);
  const found = wait === 0 ? null : await followReplays(io, client, items, wait);
  print(io, render(io, items, answer, found, options.output));
  if (items.length === 0) {
    tell(io, '– no delivery fits');
    return exitCodes.nothingMoves;
  }
  const failed = errorVerdict(io, items);
  if (failed !== undefined) return failed;
  if (dryRun) return dryVerdict(io, items);
  return found === null ? entered(io, items) : followVerdict(io, found, wait);
}

function render(
  io: Io,
  items: readonly ReplayItem[],
  answer: unknown,
  found: Found | null,
  output: ReplayOptions['output'],
): readonly string[] {
  if (output === 'text') return [...renderReplays(items, viewOf(io)), ...(found ? ['', ...renderFound(io, found, output)] : [])];
  const whole = { ...WholeAnswer.parse(answer), ...(found ? { stories: found.stories, deliveries: found.deliveries } : {}) };
  return [output === 'json' ? JSON.stringify(whole, null, 2) : stringify(whole, { aliasDuplicateObjects: false }).trimEnd()];
}

/** undefined when there is nothing wrong with any of them */
function errorVerdict(io: Io, items: readonly ReplayItem[]): ExitCode | undefined {
  const failed = items.filter(({ error }) => error !== null);
  if (failed.length === 0) return undefined;
  tell(io, `✗ not replayed: ${failed.length} of ${items.length}`);
  const unknown = failed.every(({ error }) => error?.code === 'NOT_FOUND') && failed.length === items.length;
  return unknown ? exitCodes.notFound : exitCodes.failed;
}

function dryVerdict(io: Io, items: readonly ReplayItem[]): ExitCode {
  const explanations = items.flatMap(({ explanation }) => explanation ?? []);
  const [only, ...others] = explanations;
  return explanationVerdict(io, {
    targets: explanations.flatMap(({ targets }) => targets),
    owed: [...new Set(explanations.flatMap(({ owed }) => owed))],
    reason: others.length === 0 ? (only?.reason ?? null) : null,
  });
}

function entered(io: Io, items: readonly ReplayItem[]): ExitCode {
  const [first] = items.flatMap(({ ignored, replay: id }) => (ignored === null && id !== null ? [id] : []));
  tell(io, first === undefined ? '✔ replayed' : `✔ replayed; follow it with \`headgate trace ${first} --watch\``);
  return exitCodes.ok;
}
