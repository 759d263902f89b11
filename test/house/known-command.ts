import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { buildProgram } from '#cli/program.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });

const program = buildProgram({
  stdout: nowhere,
  stderr: nowhere,
  env: {},
  cwd: '/',
  clock: new SimulatedClock(),
  signal: new AbortController().signal,
  fetch: () => Promise.reject(new Error('nothing is asked')),
  setExitCode: () => {},
});

/**
 * What is wrong with a `headgate …` command line that a document shows, or undefined. Arguments may be placeholders;
 * verbs and options must exist.
 */
export function commandFault(commandLine: string): string | undefined {
  const words = commandLine.split(/\s+/).slice(1);
  const verbs: string[] = [];
  let command: Command = program;
  while (command.commands.length > 0) {
    const word = words.shift();
    if (word === undefined || /^[<…]/.test(word)) return undefined; // the text is about the program, or about any verb
    if (word === '--help') return undefined;
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) return `there is no \`headgate ${[...verbs, word].join(' ')}\``;
    verbs.push(word);
    command = next;
  }
  const unknown = words.filter((word) => /^--?[a-z]/.test(word)).find((word) => !hasOption(command, word));
  return unknown === undefined ? undefined : `\`headgate ${verbs.join(' ')}\` has no option ${unknown}`;
}

function hasOption(command: Command, word: string): boolean {
  const flag = word.split('=')[0];
  return flag === '--help' || command.options.some((option) => option.long === flag || option.short === flag);
}
