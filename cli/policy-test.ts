import { Option, type Command } from 'commander';
import type { PolicyTestGroup } from '#server/test-policies.ts';
import { exitCodes } from './exit-codes.ts';
import { print, tell, type Io } from './io.ts';
import { addPolicyReport } from './policy-report.ts';
import { printable } from './text.ts';
import { viewOf } from './view.ts';
import type { Style } from './style.ts';

interface TestOptions {
  readonly output: 'text' | 'json';
}

type Case = PolicyTestGroup['cases'][number];

/** `headgate policy test`. */
export function addPolicy(program: Command, io: Io): void {
  const group = program.command('policy').description('work with policies').usage('<what> [options]');
  group
    .command('test')
    .description('decide the cases of PolicyTest documents, by the code of the server but without one')
    .argument('<files...>', 'YAML files with documents of kind PolicyTest')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExit codes: 0 every case is as expected, 1 one is not, 2 a test or a policy is not understood.')
    .action(async (files: readonly string[], options: TestOptions) => testFiles(io, files, options));
  addPolicyReport(group, io);
}

async function testFiles(io: Io, files: readonly string[], { output }: TestOptions): Promise<void> {
  const { testPolicies } = await import('#server/test-policies.ts');
  const groups = await testPolicies(files, io.cwd);
  const cases = groups.flatMap((group) => group.cases);
  const failed = cases.filter(({ differences }) => differences.length > 0);
  print(io, output === 'json' ? [JSON.stringify({ groups }, null, 2)] : linesOf(cases, viewOf(io).style));
  for (const rule of groups.flatMap(({ uncovered }) => uncovered)) tell(io, `► no case is decided by ${rule}`);
  tell(io, failed.length > 0 ? `✗ not as expected: ${failed.length} of ${cases.length}` : `► as expected: all ${cases.length}`);
  if (failed.length > 0) io.setExitCode(exitCodes.failed);
}

function linesOf(cases: readonly Case[], style: Style): readonly string[] {
  return cases.flatMap(({ name, place, differences, verdict, rule, reasons }) => {
    if (differences.length === 0) return [`${style.good('✔')} ${printable(name)} ${style.dim(`${verdict} by ${printable(rule)}`)}`];
    const why = [...differences, ...reasons.map(({ code, message }) => `${message} [${code}]`)];
    return [`${style.bad('✗')} ${printable(name)} ${style.dim(place)}`, ...why.map((line) => `    ${printable(line)}`)];
  });
}
