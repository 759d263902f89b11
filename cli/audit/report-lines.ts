import type { AuditReport } from '#server/audit-offline.ts';
import type { Style } from '../style.ts';

/** What an audit came to, for people. */
export function reportLines(report: AuditReport, style: Style): readonly string[] {
  const { fault, unsigned, records, head, prunedTo, anchors, anchored, torn } = report;
  const good = style.good('✔');
  const bad = style.bad('✗');
  return [
    fault === null
      ? `${good} records in order: ${records}, the last is ${head.seq}, its hash ${head.hash}`
      : `${bad} record ${fault.seq} is the first bad one (${fault.kind}): ${fault.message}`,
    ...(fault === null ? [] : [`  in order before it: ${records}`]),
    ...(prunedTo === 0 ? [] : [`${good} retention has deleted everything up to record ${prunedTo}`]),
    ...unsigned.map((name) => `${bad} ${name} is not signed by this key`),
    ...(torn ? [`${style.warn('►')} the file of checkpoints ends within one, as after a crash`] : []),
    anchored
      ? `${anchors > 0 ? good : style.warn('►')} checkpoints that agree: ${anchors}`
      : `${style.warn('►')} no checkpoints were looked at`,
  ];
}
