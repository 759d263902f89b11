import { finding, type Finding } from '#core/finding.ts';
import { formatAge } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';

interface Heard {
  readonly about: string;
  /** Whether deliveries are taken at all. */
  readonly isSent: boolean;
  /** When one was last journalled; null when none was, undefined = not known here. */
  readonly at: number | null | undefined;
  readonly now: number;
}

const mend =
  'Push something to it, and look at `headgate get deliveries --source <source>`; "When something is wrong" in docs/how-to/mercurial-hook.md, ' +
  'or in docs/how-to/heptapod-and-rhodecode.md for those hosts.';

/** Whether a delivery has ever come by itself, and when. */
export function heardFindings({ about, isSent, at, now }: Heard): readonly Finding[] {
  if (!isSent)
    return [finding('SOURCE_HEARD', about, 'good', 'no hook or webhook is configured (`webhook`): the sweep alone finds pushes')];
  if (at === undefined) return [];
  if (at === null) return [finding('SOURCE_HEARD', about, 'warning', 'nothing has been heard of it yet', { mend })];
  const silence = now - at;
  const severity = silence > limits.check.webhookSilence ? 'warning' : 'good';
  return [finding('SOURCE_HEARD', about, severity, `its last delivery was journalled ${formatAge(silence)} ago`, { mend })];
}
