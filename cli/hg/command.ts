import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addInstallHook } from './install-hook.ts';

/** `headgate hg`: what is set up where people push to with Mercurial. */
export function addHg(program: Command, io: Io): void {
  const group = program.command('hg').description('set up what a source of type hg needs at the server').usage('<what> [options]');
  addInstallHook(group, io);
}
