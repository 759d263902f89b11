import type { Command } from 'commander';
import { HeadgateError } from '#core/errors.ts';

/** `headgate worker`: named by the Procfile, and honest about when it comes. */
export function addNotYet(program: Command): void {
  program
    .command('worker')
    .description('a process that works on targets apart from the server (comes with scale-out)')
    .action(() => refuse('worker', 'Scale-out', '`headgate serve` does its work until then'));
}

function refuse(verb: string, part: string, meanwhile: string): never {
  throw new HeadgateError('NOT_YET', `headgate ${verb} comes with the part "${part}" of the roadmap (docs/roadmap.md); ${meanwhile}`, {
    hint: '',
  });
}
