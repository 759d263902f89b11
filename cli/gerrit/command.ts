import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addInstallWebhook } from './install-webhook.ts';

/** `headgate gerrit`: what is set up at a Gerrit. */
export function addGerrit(program: Command, io: Io): void {
  const group = program.command('gerrit').description('set up what a source of type gerrit needs at the server').usage('<what> [options]');
  addInstallWebhook(group, io);
}
