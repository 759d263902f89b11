import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';

/** Runs all parts side by side, each within limits.check.timeout; what fails or takes longer is a finding too. Does not reject. */
export async function runChecks(checks: readonly Check[], clock: Clock): Promise<readonly Finding[]> {
  const all = await Promise.all(checks.map((check) => runOne(check, clock)));
  return all.flat();
}

/** For a server: whoever asks while a run is under way gets what comes of that one. */
export function sharedChecks(checks: readonly Check[], clock: Clock): () => Promise<readonly Finding[]> {
  let running: Promise<readonly Finding[]> | undefined;
  return () => (running ??= runChecks(checks, clock).finally(() => (running = undefined)));
}

async function runOne({ about, run }: Check, clock: Clock): Promise<readonly Finding[]> {
  const late = Promise.withResolvers<readonly Finding[]>();
  const cancel = clock.after(limits.check.timeout, () =>
    late.resolve([finding('CHECK_INCOMPLETE', about, 'unknown', `it has not come to an end within ${limits.check.timeout / 1_000} s`)]),
  );
  try {
    return await Promise.race([run(), late.promise]);
  } catch (error) {
    return [finding('CHECK_INCOMPLETE', about, 'unknown', messageOf(error))];
  } finally {
    cancel();
  }
}
