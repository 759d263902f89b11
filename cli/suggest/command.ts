import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addSuggestRbac } from './rbac.ts';

/** `headgate suggest`: what could be written. Nothing is written anywhere. */
export function addSuggest(program: Command, io: Io): void {
  const group = program
    .command('suggest')
    .description('print what could be set up elsewhere; nothing is changed')
    .usage('<what> [options]');
  addSuggestRbac(group, io);
}
