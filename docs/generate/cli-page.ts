import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { buildProgram } from '#cli/program.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { block, page } from './markdown.ts';

/** The help of every command, as the command line itself prints it. */
export function cliPage(): string {
  const written: string[] = [];
  const program = buildProgram(silentWorld(written));
  const parts = withSubcommands(program, []).flatMap(({ name, command }) => {
    written.length = 0;
    command.outputHelp();
    return [`## ${name}`, block('text', written.join(''))];
  });
  return page('Command line', ['Data goes to stdout, progress and errors to stderr.', ...parts]);
}

interface NamedCommand {
  readonly name: string;
  readonly command: Command;
}

function withSubcommands(command: Command, parents: readonly string[]): readonly NamedCommand[] {
  const path = [...parents, command.name()];
  return [{ name: path.join(' '), command }, ...command.commands.flatMap((child) => withSubcommands(child, path))];
}

function silentWorld(written: string[]): Parameters<typeof buildProgram>[0] {
  const sink = new Writable({ decodeStrings: false, write: (_chunk, _encoding, done) => done() });
  sink.write = (chunk: unknown) => written.push(String(chunk)) > 0;
  return {
    stdout: sink,
    stderr: sink,
    env: {},
    cwd: '/',
    clock: new SimulatedClock(),
    signal: new AbortController().signal,
    fetch: () => Promise.reject(new Error('help fetches nothing')),
    setExitCode() {},
  };
}
