import { describeMetrics } from '#server/metric-definitions.ts';
import { page, table } from './markdown.ts';

export function metricsPage(): string {
  return page('Metrics', [
    'Served as `/metrics` of `spec.listen.metrics`, beside the process metrics of Node (`process_…`, `nodejs_…`). Times are in seconds. ' +
      'The two that matter most are `headgate_event_to_annotation_seconds` and `headgate_event_to_applied_seconds`.',
    table(
      ['Metric', 'Type', 'Labels', 'Meaning'],
      describeMetrics().map(({ name, type, labels, help }) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    ),
  ]);
}
