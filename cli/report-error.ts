import { CommanderError } from 'commander';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import { tell, type Io } from './io.ts';
import { styleFor } from './style.ts';

/** Tells an error in the form `✗ what happened [CODE]` and, under it, the next thing to try. */
export function reportError(io: Pick<Io, 'stderr' | 'env'>, error: unknown): ExitCode {
  // Commander has written its own message and the help hint.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const style = styleFor(io.stderr, io.env);
  if (error instanceof HeadgateError) {
    tell(io, `${style.bad('✗')} ${error.message} ${style.dim(`[${error.code}]`)}`);
    if (error.hint !== '') tell(io, `  ${error.hint}`);
    return exitCodeOf(error.code);
  }
  tell(io, `${style.bad('✗')} ${messageOf(error)} ${style.dim('[INTERNAL]')}`);
  tell(io, '  This is a defect in Headgate; please report it with these lines:');
  tell(io, error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitCodes.internal;
}
