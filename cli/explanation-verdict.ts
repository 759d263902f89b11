import { exitCodes, type ExitCode } from './exit-codes.ts';
import type { Explanation } from './explanation-schema.ts';
import { tell, type Io } from './io.ts';

/** What would come of a change in one line, and the exit code. The worst counts: what is not allowed, what is not known, that nothing would move. */
export function explanationVerdict(
  io: Pick<Io, 'stderr'>,
  { targets, owed, reason }: Pick<Explanation, 'targets' | 'owed' | 'reason'>,
): ExitCode {
  const denied = targets.filter(({ decision }) => decision.verdict !== 'allow').length;
  if (denied > 0) {
    tell(io, `✗ not allowed: ${denied} of ${targets.length}`);
    return exitCodes.notAllowed;
  }
  if (owed.length > 0) {
    tell(io, `✗ not complete: nothing is known yet of ${owed.join(', ')}`);
    return exitCodes.failed;
  }
  const moving = targets.filter(({ moves }) => moves).length;
  tell(io, moving === 0 ? `– nothing would move${reason === null ? '' : `: ${reason}`}` : `✔ would move: ${moving}`);
  return moving === 0 ? exitCodes.nothingMoves : exitCodes.ok;
}
