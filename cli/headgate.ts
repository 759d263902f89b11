import { systemClock } from '#core/clock.ts';
import { runProgram } from './program.ts';

const stopped = new AbortController();
let interrupts = 0;
const stop = (): void => {
  interrupts += 1;
  // The first asks for an orderly end, which may take a while; whoever insists gets it at once.
  if (interrupts > 1) process.exit(130);
  stopped.abort();
};
process.on('SIGINT', stop);
process.on('SIGTERM', () => stopped.abort());
// `headgate get … | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

await runProgram(
  {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    signal: stopped.signal,
    fetch: globalThis.fetch,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  },
  process.argv.slice(2),
);
