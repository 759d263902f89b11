import { describeMetrics } from '#server/metric-definitions.ts';

const NAME = /\b(?:headgate|process|nodejs)_\w+/g;

/** The metrics that a PromQL expression names. */
export function namedMetrics(expression: string): readonly string[] {
  return [...new Set(expression.match(NAME))];
}

/** Labels that a PromQL expression asks of our metrics and that the metric has not; Prometheus adds `instance` and `job`. */
export function strangeLabels(expression: string): readonly string[] {
  const own = namedMetrics(expression).filter((name) => name.startsWith('headgate_'));
  const known = new Set(['le', 'instance', 'job', ...own.flatMap((name) => labelsOf(name))]);
  const asked = [
    ...[...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim())),
    ...[...expression.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
  ];
  return asked.filter((label) => !known.has(label));
}

/** @throws Error for a metric that is not defined */
function labelsOf(name: string): readonly string[] {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  const found = describeMetrics().find((metric) => metric.name === name || (metric.type === 'histogram' && metric.name === base));
  if (!found) throw new Error(`${name} is not defined`);
  return found.labels;
}
