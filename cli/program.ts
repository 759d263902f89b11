import { Command } from 'commander';
import { addAudit } from './audit/command.ts';
import { addCheck } from './check.ts';
import { addConfig } from './config-validate.ts';
import { addExplain } from './explain.ts';
import { addGerrit } from './gerrit/command.ts';
import { addGet } from './get/command.ts';
import { addHg } from './hg/command.ts';
import { addInit } from './init/command.ts';
import { addJournal } from './journal/command.ts';
import { addListen } from './listen.ts';
import { print, type Io } from './io.ts';
import { addOpen } from './open.ts';
import { addPolicy } from './policy-test.ts';
import { addPreflight } from './preflight.ts';
import { addReconcile } from './reconcile.ts';
import { addReplay } from './replay.ts';
import { reportError } from './report-error.ts';
import { addServe } from './serve.ts';
import { addSuggest } from './suggest/command.ts';
import { addTrace } from './trace.ts';
import { addWorker } from './worker.ts';

/** The whole command line. Actions reject with HeadgateError; nothing here ends the process. */
export function buildProgram(io: Io): Command {
  const program = new Command('headgate')
    .description('Turns "this change was merged" into "this namespace runs exactly that revision", and tells what became of it.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(run with --help to see how)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the answer is no, 2 not understood, 3 not found, 4 no server, 5 timed out, 7 nothing would move, 8 not allowed, 9 records not whole, 70 defect.',
    );
  addServe(program, io);
  addListen(program, io);
  addSandbox(program, io);
  addInit(program, io);
  addConfig(program, io);
  addCheck(program, io);
  addGet(program, io);
  addTrace(program, io);
  addExplain(program, io);
  addPreflight(program, io);
  addPolicy(program, io);
  addSuggest(program, io);
  addOpen(program, io);
  addReconcile(program, io);
  addReplay(program, io);
  addAudit(program, io);
  addJournal(program, io);
  addGerrit(program, io);
  addHg(program, io);
  addWorker(program, io);
  program
    .command('version')
    .description('print the version')
    .action(async () => {
      const { headgateVersion } = await import('#server/main.ts');
      print(io, [headgateVersion()]);
    });
  return program;
}

function addSandbox(program: Command, io: Io): void {
  program
    .command('sandbox')
    .description('try it: a simulated cluster, GitHub and Gerrit around a real server, pushes and a submit told as they happen')
    .action(async () => {
      const { runSandbox } = await import('./sandbox.ts');
      await runSandbox(io);
    });
}

/** Runs one command line; never rejects. */
export async function runProgram(io: Io, args: readonly string[]): Promise<void> {
  try {
    await buildProgram(io).parseAsync([...args], { from: 'user' });
  } catch (error) {
    io.setExitCode(reportError(io, error));
  }
}
